"""Keeping facts, state and marts up to date. The work is done by `ops.refresh` in the database."""
