"""What dbt read of the project, for another database: reading it takes a core for 20 s.

dbt reads the whole project again when the connection is another one, since the name of the database
stands in every relation. That is all that differs, so it is put in its place here. Where this should
no longer be enough, dbt notices and reads the project again: slow, and never wrong.
"""

import os
from pathlib import Path
from pprint import pformat
from typing import Any

import yaml

FILE = "partial_parse.msgpack"


def hand_over(source: Path, folder: Path, profiles: Path) -> None:
    """Into `folder`, for the database that dbt's environment names. Nothing, if nothing was read."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder

    folder.mkdir(parents=True, exist_ok=True)
    if not source.exists():
        return
    read = source.read_bytes()
    manifest = Manifest.from_msgpack(read, decoder=extended_mashumuro_decoder)
    database, connection = _connection(profiles)
    if manifest.state_check.profile_hash != connection:
        manifest.state_check.profile_hash = connection
        for node in (*manifest.nodes.values(), *manifest.sources.values()):
            _move(node, database)
        read = manifest.to_msgpack(extended_mashumaro_encoder)
    unfinished = folder / f"{FILE}.{os.getpid()}"
    unfinished.write_bytes(read)
    unfinished.rename(folder / FILE)


def _move(node: Any, database: str) -> None:
    if node.relation_name:
        node.relation_name = node.relation_name.replace(f'"{node.database}".', f'"{database}".', 1)
    node.database = database


def _connection(profiles: Path) -> tuple[str, Any]:
    """The name of the database, and by what dbt knows a connection again."""
    from dbt.adapters.postgres.connections import PostgresCredentials
    from dbt.artifacts.resources.base import FileHash
    from dbt.config.renderer import ProfileRenderer
    from dbt_common.context import set_invocation_context

    set_invocation_context(os.environ)
    ((_, profile),) = yaml.safe_load((profiles / "profiles.yml").read_text()).items()
    output = ProfileRenderer({}).render_data(profile["outputs"][profile["target"]])
    given = {name: value for name, value in output.items() if name not in ("type", "threads")}
    credentials = PostgresCredentials.from_dict(PostgresCredentials.translate_aliases(given))
    return credentials.database, FileHash.from_contents(pformat(sorted(credentials.connection_info())))
