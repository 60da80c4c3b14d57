"""The raw tables of the migrations are those of the landing contract."""

import psycopg
import pytest

from orchestration.landing.tables import LogTable, all_log_tables, document_table

_LIKE_THE_LOG = [
    ("event_key", "uuid", "NO"),
    ("batch_id", "bigint", "NO"),
    ("line_no", "bigint", "NO"),
    ("ts", "timestamp with time zone", "NO"),
    ("workspace", "text", "NO"),
    ("position", "bigint", "NO"),
]
_NAMES = {"timestamptz": "timestamp with time zone", "text[]": "ARRAY"}


def _expected(table: LogTable) -> list[tuple[str, str, str]]:
    first = _LIKE_THE_LOG if table.name == "retrieval_document" else _LIKE_THE_LOG[:3]
    return first + [
        (column.name, _NAMES.get(column.type, column.type), "NO" if column.required else "YES")
        for column in table.columns
    ]


def _actual(connection: psycopg.Connection, table: str) -> list[tuple[str, str, str]]:
    return connection.execute(
        """select column_name, data_type, is_nullable from information_schema.columns
           where table_schema = 'raw' and table_name = %s order by ordinal_position""",
        (table,),
    ).fetchall()


def test_raw_columns_are_those_of_the_contract(database_url: str) -> None:
    """Prevents a contract field that landing parses and no column takes."""
    with psycopg.connect(database_url) as connection:
        for table in [*all_log_tables(), document_table()]:
            assert _actual(connection, table.name) == _expected(table), table.name


def test_every_raw_table_belongs_to_the_contract(database_url: str) -> None:
    """Prevents a table that nothing fills."""
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "select relname from pg_class where relnamespace = 'raw'::regnamespace"
            " and relkind in ('r', 'p') and not relispartition"
        ).fetchall()
    assert {name for (name,) in found} == {t.name for t in [*all_log_tables(), document_table()]}


@pytest.mark.parametrize(
    "change",
    [
        "alter table raw.query_log add column surprise text",
        "alter table raw.query_log drop column model",
        "alter table raw.query_log alter column turn type integer",
        "alter table raw.query_log alter column turn set not null",
    ],
)
def test_a_table_that_drifted_is_seen(database_url: str, change: str) -> None:
    """Prevents a comparison that is green whatever the table looks like."""
    table = next(t for t in all_log_tables() if t.name == "query_log")
    with psycopg.connect(database_url) as connection:
        connection.execute(change.encode())
        assert _actual(connection, table.name) != _expected(table)


# Names that are ours, or of whoever runs the warehouse. What a producer says may be of any length.
_OURS = {
    ("landing.drift", "kind"), ("landing.drift", "source"), ("landing.drift", "field"),
    ("landing.import_mark", "source"), ("landing.import_mark", "place"), ("landing.import_mark", "log"),
    ("vault.embedding", "field"), ("vault.embedding", "model"), ("vault.cluster_question", "kind"),
    ("vault.cluster_question", "cluster_id"), ("vault.question_cluster", "cluster_id"),
}  # fmt: skip


def test_no_index_is_of_a_name_of_any_length(database_url: str) -> None:
    """Prevents a batch that can never land because one of its names fits no index entry."""
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            """select distinct attrelid::regclass::text, attname from pg_index
               inner join pg_attribute on attrelid = indrelid and attnum = any(indkey)
               inner join pg_class on pg_class.oid = indrelid
               where relnamespace::regnamespace::text in ('raw', 'landing', 'vault')
                   and atttypid = 'text'::regtype"""
        ).fetchall()
    assert set(found) == _OURS
