"""Reports: figures read from marts, said in words and charts, checked before they leave."""
