"""Errors that are meant for people: one plain sentence that says what happened and what to do."""


class AssayError(Exception):
    """Shown without a traceback; the command ends with status 1."""
