"""What the linter puts in place of dbt's `adapter`: it has no database to ask for its dialect."""

from collections.abc import Callable


def dispatch(macro_name: str, _package: str) -> Callable[..., str]:
    """A call of the macro's name reads like any other expression; a macro of nothing is a clause."""
    return lambda *arguments: f"{macro_name}({', '.join(map(str, arguments))})" if arguments else ""
