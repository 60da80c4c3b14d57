"""Which marts the logs at hand can fill, and what to log to fill the rest.

What a mart needs stands beside it, in its yml (`config.meta.needs`): under `rows` what makes rows at
all, under a column what fills that one. `kind.field` is a field of the contract, `documents.field` one
of a retrieved passage; of alternatives with `|` between them one is enough. What logs say is counted;
what their systems have no word for stands in the seed `source_limits`, from which marts take it too.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from orchestration.errors import AssayError
from orchestration.landing.contract import KINDS
from orchestration.landing.tables import log_table

ROWS = "rows"
DOCUMENTS = "documents"
_ALIASES = {"user_id": "subject_ref", "actor": "actor_ref"}


@dataclass(frozen=True)
class Mart:
    schema: str
    name: str
    group: str
    needs: Mapping[str, list[str]]  # column, or ROWS -> fields of the contract


@dataclass
class Said:
    """How often each source says each field: source -> field -> lines; its lines by kind; and the kinds
    and fields that it has no words for."""

    lines: dict[tuple[str, str], int] = field(default_factory=dict)
    fields: dict[tuple[str, str], int] = field(default_factory=dict)
    limits: set[tuple[str, str]] = field(default_factory=set)

    def by(self, need: str) -> list[str]:
        """Sources that say one of the alternatives."""
        names = need.split("|")
        return sorted(
            {source for source, name in self.fields if name in names and self.fields[source, name]}
        )

    def not_by(self, need: str) -> list[str]:
        """Sources that have lines of the kind and never say it."""
        kinds = {_log_of(name) for name in need.split("|")}
        heard = {source for source, kind in self.lines if kind in kinds}
        return sorted(heard - set(self.by(need)))

    def unable(self, need: str) -> list[str]:
        """Sources that are heard and have no word for any of the alternatives."""
        heard = {source for (source, _), lines in self.lines.items() if lines}
        return sorted(
            source
            for source in heard
            if all(
                {(source, _log_of(name)), (source, _limit_of(name))} & self.limits
                for name in need.split("|")
            )
        )


@dataclass(frozen=True)
class Finding:
    """`empty`: nothing makes a row. `partly`: some columns stay empty. `waiting`: not refreshed yet."""

    mart: Mart
    state: str
    missing: dict[str, str]  # column -> reason
    to_log: list[str]

    def as_json(self) -> dict[str, Any]:
        return {"mart": self.mart.name, "area": self.mart.group, "state": self.state,
                "not_judged": self.missing, "to_log": self.to_log}  # fmt: skip


def examine(connection: psycopg.Connection[Any], manifest: Path) -> list[Finding]:
    project = json.loads(manifest.read_text(encoding="utf-8"))
    marts = marts_of(project)
    needed = {name for mart in marts for needs in mart.needs.values() for need in needs
              for name in need.split("|")}  # fmt: skip
    said = count(connection, needed)
    said.limits = _limits(connection, project)
    return [_finding(connection, mart, said) for mart in marts]


def marts_of(manifest: Mapping[str, Any]) -> list[Mart]:
    """Those that say what they need, in the order of their areas."""
    found = [
        Mart(node["schema"], node["name"], node.get("group") or "-", node["config"]["meta"]["needs"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"].get("meta", {}).get("needs")
    ]
    return sorted(found, key=lambda mart: (mart.group, mart.name))


def count(connection: psycopg.Connection[Any], needed: Iterable[str]) -> Said:
    said = Said()
    by_log: dict[str, list[str]] = {}
    for name in sorted(needed):
        by_log.setdefault(_log_of(name), []).append(name)
    for kind, names in by_log.items():
        texts = [name for name in names if name.partition(".")[2] in log_table(KINDS[kind]).texts]
        counted = [name for name in names if name not in texts and not name.startswith(f"{DOCUMENTS}.")]
        _count_columns(connection, said, kind, counted)
        passages = [name for name in names if name.startswith(f"{DOCUMENTS}.")]
        if passages:
            _count_passages(connection, said, passages)
        if texts:
            _count_texts(connection, said, kind, texts)
    return said


def _log_of(name: str) -> str:
    kind = name.partition(".")[0]
    return "retrieval" if kind == DOCUMENTS else kind


def _limit_of(name: str) -> str:
    return f"{_log_of(name)}.{name.partition('.')[2]}"


def _limits(connection: psycopg.Connection[Any], project: Mapping[str, Any]) -> set[tuple[str, str]]:
    seed = project["nodes"]["seed.assay.source_limits"]
    query = f'select source, concat_ws(\'.\', log, field) from "{seed["schema"]}"."{seed["alias"]}"'
    try:
        return {(source, name) for source, name in connection.execute(query.encode())}
    except psycopg.errors.UndefinedTable:
        raise AssayError("The marts are not there yet: assay build makes them.") from None


def _column(name: str) -> str:
    plain = name.partition(".")[2]
    return _ALIASES.get(plain, plain)


def _count_columns(
    connection: psycopg.Connection[Any], said: Said, kind: str, names: list[str]
) -> None:
    counts = "".join(f', count("{_column(name)}")' for name in names)
    query = f"select source, count(*){counts} from raw.{log_table(KINDS[kind]).name} group by source"
    for source, lines, *found in connection.execute(query.encode()):
        said.lines[source, kind] = lines
        for name, present in zip(names, found, strict=True):
            said.fields[source, name] = present


def _count_passages(connection: psycopg.Connection[Any], said: Said, names: list[str]) -> None:
    counts = "".join(f', count(passages."{_column(name)}")' for name in names)
    query = f"""select source{counts} from raw.retrieval_document as passages
                inner join raw.retrieval_log as retrievals using (event_key) group by source"""
    for source, *found in connection.execute(query.encode()):
        for name, present in zip(names, found, strict=True):
            said.fields[source, name] = present


def _count_texts(connection: psycopg.Connection[Any], said: Said, kind: str, names: list[str]) -> None:
    """That there are texts, never what they say."""
    query = f"""select source, texts.field, count(*) from vault.text as texts
                inner join raw.{log_table(KINDS[kind]).name} as logs using (event_key)
                where texts.field = any(%s) group by 1, 2"""
    for source, name, present in connection.execute(
        query.encode(), ([_column(name) for name in names],)
    ):
        said.fields[source, f"{kind}.{name}"] = present


def _finding(connection: psycopg.Connection[Any], mart: Mart, said: Said) -> Finding:
    missing: dict[str, str] = {}
    to_log: list[str] = []
    for column, needs in mart.needs.items():
        for need in needs:
            if not said.by(need):
                missing[column] = _reason(need, said)
                to_log.append(need)
                break
    if ROWS in missing:
        return Finding(mart, "empty", {ROWS: missing[ROWS]}, to_log)
    if not _has_rows(connection, mart):
        return Finding(mart, "waiting", missing, to_log)
    return Finding(mart, "partly" if missing else "filled", missing, to_log)


def _reason(need: str, said: Said) -> str:
    name = need.replace("|", " or ")
    sources, unable = said.not_by(need), said.unable(need)
    if sources and set(sources) <= set(unable):
        return f"{', '.join(sources)} cannot say {name}"
    if sources:
        return f"{', '.join(sources)} never {'says' if len(sources) == 1 else 'say'} {name}"
    kinds = " or ".join(sorted({_log_of(one) for one in need.split("|")}))
    cannot = f"; {', '.join(unable)} cannot" if unable else ""
    return f"no source sends {kinds} lines{cannot}"


def _has_rows(connection: psycopg.Connection[Any], mart: Mart) -> bool:
    try:
        row = connection.execute(
            f'select exists (select 1 from "{mart.schema}"."{mart.name}")'.encode()
        ).fetchone()
    except psycopg.errors.UndefinedTable:
        raise AssayError("The marts are not there yet: assay build makes them.") from None
    return bool(row and row[0])
