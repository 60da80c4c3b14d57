"""How right the scorers are, on samples of real conversations with known answers."""
