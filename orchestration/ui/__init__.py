"""Dagster's processes: its home, its storage, and keeping them alive."""
