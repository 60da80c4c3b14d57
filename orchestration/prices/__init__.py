"""The price book: what models cost and since when, as lines of the landing contract."""
