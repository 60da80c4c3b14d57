"""`docs/contract.md` says what `orchestration/landing/contract.py` does: every field, nothing else."""

import datetime as dt
import re
import typing
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Literal

import msgspec
import pytest

from orchestration.landing import contract
from orchestration.landing.contract import KINDS, Event, RetrievedDocument
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice, kind_of, parse
from orchestration.landing.reasons import Reason
from orchestration.settings import PROJECT_DIR

DOCS = (PROJECT_DIR / "docs" / "contract.md").read_text(encoding="utf-8")
_SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS: dict[str, type[msgspec.Struct]] = {
    "envelope": Event,
    "documents": RetrievedDocument,
    **KINDS,
}
WORDS: list[tuple[Any, str]] = [
    (contract.Person, "id, person"),
    (contract.Id, "id"),
    (contract.Text, "text, vault"),
    (contract.When, "time"),
    (contract.Count, "count"),
    (contract.Duration, "ms"),
    (contract.Share, "share"),
    (contract.Money, "money"),
    (contract.Json, "object"),
    (contract.Numbers, "numbers"),
    (str, "text"),
    (float, "number"),
    (bool, "bool"),
    (dt.date, "date"),
    (list[str], "list of text"),
    (list[RetrievedDocument], "list of documents"),
]


def word_for(hint: Any) -> str:
    """A field's type as the documentation calls it."""
    if type(None) in typing.get_args(hint):
        (hint,) = (part for part in typing.get_args(hint) if part is not type(None))
    if typing.get_origin(hint) is Literal:
        return " ".join(f"`{value}`" for value in typing.get_args(hint))
    return next(word for known, word in WORDS if known == hint)


def fields_of(struct: type[msgspec.Struct]) -> Iterator[tuple[str, str, str]]:
    """(name, type, default); the envelope's fields belong to the envelope alone."""
    hints = typing.get_type_hints(struct, include_extras=True)
    shared = Event.__struct_fields__ if struct is not Event and issubclass(struct, Event) else ()
    if struct is Event:
        yield "kind", "id", "required"
    for field in msgspec.structs.fields(struct):
        if field.name not in shared:
            yield field.name, word_for(hints[field.name]), _default(field)


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    return "" if field.default is None else f"`{msgspec.json.encode(field.default).decode()}`"


def documented(section: str) -> list[tuple[str, ...]]:
    """The first three cells of every row under the heading that is this name."""
    _, _, after = DOCS.partition(f"\n### `{section}`\n")
    body = re.split(r"\n##+ ", after)[0]
    rows = [re.split(r" ?\| ?", line)[1:-1] for line in body.splitlines() if line.startswith("| `")]
    return [(row[0].strip("`"), row[1], row[2]) for row in rows]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_field_is_documented_as_it_is(section: str) -> None:
    """Prevents a field, type or default that the documentation does not know, or made up."""
    assert sorted(documented(section)) == sorted(fields_of(SECTIONS[section]))


def test_no_kind_is_made_up() -> None:
    """Prevents a section for a kind that the contract does not have."""
    assert re.findall(r"^### `(\w+)`$", DOCS, re.MULTILINE) == [*SECTIONS]


def test_every_example_line_lands_without_drift() -> None:
    """Prevents examples that would be refused, or that use fields which do not exist."""
    examples = [line.encode() for line in re.findall(r'^\{"kind".*$', DOCS, re.MULTILINE)]
    parsed = parse(Slice(1, 0, examples), Limits())
    assert not parsed.refused
    assert not parsed.drift
    assert {kind_of(event) for event in parsed.events} == set(KINDS)


def test_every_command_of_a_page_can_be_pasted() -> None:
    """Prevents `assay: command not found`: who reads has a folder, and nothing on the path."""
    pages = [
        PROJECT_DIR / "README.md",
        *PROJECT_DIR.glob("docs/**/*.md"),
        *PROJECT_DIR.glob("examples/*/*.md"),
    ]
    bare = re.compile(r"(?:^|\| )(?:assay|python(?! app\.py$)) .*", re.MULTILINE)
    blocks = (
        (page.name, block)
        for page in pages
        for block in _SHELL.findall(page.read_text(encoding="utf-8"))
    )
    assert [(name, found) for name, block in blocks for found in bare.findall(block)] == []


def test_every_reason_is_explained() -> None:
    """Prevents a code in the quarantine that nobody can look up."""
    _, _, section = DOCS.partition("\n## Reasons\n")
    rows = re.findall(r"^\| `(\w+)` \|", section.partition("\n## ")[0], re.MULTILINE)
    assert rows == [*Reason]


def test_every_limit_is_listed_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevents limits that changed in the code alone, and settings that do nothing."""
    stated = dict(re.findall(r"^\| `(ASSAY_\w+)` \| ([\d,]+) \|", DOCS, re.MULTILINE))
    stated.pop("ASSAY_SETTLE_SECONDS")
    for name in stated:
        monkeypatch.delenv(name, raising=False)
    limits = Limits()
    defaults = {getattr(limits, field.name) for field in fields(Limits)}
    assert {int(default.replace(",", "")) for default in stated.values()} == defaults
    for name in stated:
        monkeypatch.setenv(name, "7")
    assert {getattr(Limits(), field.name) for field in fields(Limits)} == {7}
