"""Text in, scores with reasons out. Scores land as `evaluation` lines, like any other log."""
