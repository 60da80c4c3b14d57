"""One URL for psycopg, dbt and what is made with SQLAlchemy."""

from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.engine import make_url

from orchestration.warehouse.urls import sqlalchemy_url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://reader@db:5433/logs",
        "postgresql:///logs?host=/var/run/postgresql&user=reader",
        "postgresql://reader@db1:5432,db2:5433/logs",
        "postgresql://reader@%2Fvar%2Frun%2Fpostgresql/logs",
    ],
)
def test_whoever_reads_the_url_connects_to_the_same_place(url: str) -> None:
    """Prevents a Dagster that cannot find the database which everything else uses."""
    read = make_url(sqlalchemy_url(url))
    dialect: Any = read.get_dialect()()
    _, parts = dialect.create_connect_args(read)
    known = conninfo_to_dict(url)
    found = {name: str(value) for name, value in parts.items()}
    assert {name: found.get(name) for name in known} == known
