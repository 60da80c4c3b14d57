"""The warehouse's URL in the form that SQLAlchemy reads."""

from collections.abc import Mapping, Sequence

from orchestration.warehouse.connection import parts


def sqlalchemy_url(
    url: str,
    *,
    database: str | None = None,
    settings: Sequence[str] = (),
    extra: Mapping[str, str] | None = None,
) -> str:
    """For psycopg2; `settings` hold for every session, as in `timezone=UTC`."""
    from sqlalchemy.engine import URL

    given = {name: str(value) for name, value in parts(url).items()}
    options = [given.pop("options", ""), *(f"-c {setting}" for setting in settings)]
    if any(options):
        given["options"] = " ".join(filter(None, options))
    port = given.pop("port", None)
    user, password, host = (given.pop(name, None) for name in ("user", "password", "host"))
    named = given.pop("dbname", None)
    return URL.create(
        "postgresql+psycopg2",
        username=user,
        password=password,
        host=host,
        port=int(port) if port else None,
        database=database or named or user,
        query={**given, **(extra or {})},
    ).render_as_string(hide_password=False)
