"""Scheduled work as plain functions: done once per key, tried again where that can help, never lost."""
