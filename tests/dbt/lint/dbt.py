"""What the linter puts in place of dbt's own `dbt.` macros that the models use."""


def type_string() -> str:
    return "text"
