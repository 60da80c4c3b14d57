"""Errors that are meant for people: one plain sentence that says what happened and what to do."""


class AssayError(Exception):
    """Shown without a traceback; the command ends with status 1."""


def sentence_of(error: Exception) -> str | None:
    """Of an error that no command expected; None where it is a fault of ours.

    PostgreSQL's own words may quote a row: its errors are named, not repeated.
    """
    import psycopg

    match error:
        case AssayError():
            return str(error)
        case (
            psycopg.errors.UndefinedTable()
            | psycopg.errors.InvalidSchemaName()
            | psycopg.errors.UndefinedFunction()
            | psycopg.errors.UndefinedColumn()
        ):
            return "The database lacks tables of Assay: run `assay up`, then `assay build`."
        case psycopg.Error():
            return (
                f"PostgreSQL ended it ({type(error).__name__}, {error.sqlstate or 'no SQLSTATE'});"
                " what was under way is rolled back. Its log says more."
            )
        case UnicodeDecodeError():
            return f"Something that should be UTF-8 is not: {error.reason} at byte {error.start}."
        case OSError() if error.filename is not None:
            return f"{error.filename}: {error.strerror}."
        case OSError() if error.strerror:
            return f"{error.strerror}."
    return None
