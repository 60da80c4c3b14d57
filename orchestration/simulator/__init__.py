"""A made-up assistant product that writes its logs as a real one would, and the truth about them."""
