"""Databases of other systems that are read every so often: `sources.yml` in ASSAY_HOME names them.

    every: 15m
    sources:
      - system: litellm
        from: postgresql://reader@db:5432/litellm
        password: LITELLM_PASSWORD

A password is never in the file, only the name of the variable that holds it.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import yaml

from orchestration import settings
from orchestration.errors import AssayError, sentence_of
from orchestration.landing.lander import Lander
from orchestration.landing.store import Counts
from orchestration.sources.importing import Since, import_database, places_of
from orchestration.sources.named import NAMES, database_named
from orchestration.sources.theirs import PASSWORD, read_url

_EVERY = re.compile(r"([1-9]\d{0,3})([mh])")


class Configured(msgspec.Struct, forbid_unknown_fields=True, rename={"url": "from"}):
    system: str
    url: str
    password: str = PASSWORD


class SourcesFile(msgspec.Struct, forbid_unknown_fields=True):
    sources: list[Configured]
    every: str = "15m"

    def interval(self) -> dt.timedelta:
        found = _EVERY.fullmatch(self.every)
        if found is None:
            raise AssayError(f"{path()}: `every` is minutes or hours: 15m, 6h.")
        return dt.timedelta(
            **{"m": {"minutes": int(found[1])}, "h": {"hours": int(found[1])}}[found[2]]
        )


@dataclass(frozen=True)
class Imported:
    """`problem` where it could not be read to its end; what had landed by then stays."""

    source: str
    counts: Counts
    newest: dt.datetime | None = None
    problem: str | None = None


def path() -> Path:
    return settings.load().home / "sources.yml"


def configured() -> SourcesFile | None:
    """None where nobody configured any: then nothing is read."""
    if not path().is_file():
        return None
    try:
        found = msgspec.convert(yaml.safe_load(path().read_text(encoding="utf-8")), SourcesFile)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        why = str(error).partition("\n")[0]
        raise AssayError(f"{path()} is not as it should be: {why}.") from None
    for one in found.sources:
        if one.system not in NAMES:
            raise AssayError(f"{path()}: `system` is one of {', '.join(NAMES)}.")
        if "password" in read_url(one.url):
            raise AssayError(
                f"{path()}: a password does not belong into a file. `password` names the variable."
            )
    found.interval()
    return found


def slot(every: dt.timedelta, now: dt.datetime) -> str:
    """The same name for every moment between two imports."""
    number = int(now.timestamp() // every.total_seconds())
    begun = dt.datetime.fromtimestamp(number * every.total_seconds(), dt.UTC)
    return begun.strftime("%Y-%m-%dT%H:%MZ")


def import_all(lander: Lander) -> Iterator[Imported]:
    """Each by itself: one that is away keeps no other from being read."""
    found = configured()
    for one in found.sources if found else []:
        counts = Counts()
        problem = None
        try:
            for _, landed in import_database(
                lander, database_named(one.system), one.url, Since(), one.password
            ):
                counts.add(landed)
        except Exception as error:  # whatever befalls one, the others are read
            problem = sentence_of(error) or f"{type(error).__name__} while importing."
        yield Imported(one.system, counts, _newest(lander, one), problem)


def _newest(lander: Lander, one: Configured) -> dt.datetime | None:
    places = places_of(one.url)
    row = lander.connection().execute(
        """select max(seen_to) from landing.import_mark where source = %s and place = any(%s)
           group by place order by array_position(%s, place) limit 1""",
        [one.system, places, places],
    ).fetchone()  # fmt: skip
    newest: dt.datetime | None = row[0] if row else None
    return newest
