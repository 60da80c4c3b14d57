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
    user, password = given.pop("user", None), given.pop("password", None)
    # The folder of a socket, and several hosts, have no place in front of the path of a URL.
    in_query = given.get("host", "").startswith("/") or "," in given.get("host", "")
    host, port = (None, None) if in_query else (given.pop(name, None) for name in ("host", "port"))
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
