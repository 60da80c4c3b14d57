"""Text in, scores with reasons out. Scores land as `evaluation` lines, through the door of every log."""
