"""Dagster's storage in PostgreSQL, over a connection that stays open.

As it comes, it opens three for every event, and planning a build is 1,500 events.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from dagster import StringSource
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage, PostgresEventLogStorage
from dagster_postgres.utils import create_pg_engine


class PooledEvents(PostgresEventLogStorage):
    def __init__(self, postgres_url: str) -> None:
        super().__init__(postgres_url)
        self._engine = create_pg_engine(
            self.postgres_url,
            isolation_level="AUTOCOMMIT",
            pool_size=1,
            max_overflow=20,  # for the daemon's threads; those are closed after use
            pool_pre_ping=True,  # the database may have been restarted
        )

    @cached_property
    def supports_asset_checks(self) -> bool:
        # It asks the catalogue, and is asked at every check.
        return bool(super().supports_asset_checks)

    def dispose(self) -> None:
        super().dispose()
        self._engine.dispose()


class PooledStorage(DagsterPostgresStorage):
    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        self._event_log_storage = PooledEvents(postgres_url)

    @classmethod
    def config_type(cls) -> Any:
        return {"postgres_url": StringSource}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "PooledStorage":
        return cls(config_value["postgres_url"], inst_data)
