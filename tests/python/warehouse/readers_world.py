"""Readers of other systems' logs, each with a record that has holes for what is wrong."""

from dataclasses import dataclass
from pathlib import Path

from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice, parse
from orchestration.landing.reader import read_file
from orchestration.landing.slices import Unreadable
from orchestration.sources.langfuse import LANGFUSE
from orchestration.sources.litellm import LITELLM
from orchestration.sources.mapping import read_map
from orchestration.sources.phoenix import PHOENIX
from orchestration.sources.source import Source
from orchestration.sources.tables import Table

TEMPLATES = {
    "litellm": b'{"id":@ID@,"call_type":"completion","startTime":@AT@,"endTime":@AT@,"model":"m",'
    b'"custom_llm_provider":"p","status":"success","prompt_tokens":@TOKENS@,"completion_tokens":1,'
    b'"total_tokens":9,"messages":[{"role":"user","content":@TEXT@}]}',
    "langfuse": b'{"id":@ID@,"trace_id":@ID@,"project_id":"p","type":"GENERATION","start_time":@AT@,'
    b'"end_time":@AT@,"provided_model_name":"m","usage_details":{"input":@TOKENS@,"output":1},'
    b'"input":@TEXT@}',
    "phoenix": b'{"trace_id":@ID@,"project":"p","span":{"span_id":@ID@,"parent_id":null,"name":"c",'
    b'"span_kind":"LLM","start_time":@AT@,"end_time":@AT@,"status_code":"OK","events":[],'
    b'"attributes":{"llm":{"model_name":"m","token_count":{"prompt":@TOKENS@,"completion":1}},'
    b'"input":{"value":@TEXT@}}}}',
    "csv": b"@ID@,@AT@,m,@TOKENS@,@TEXT@",
}
MAP = """source: shop
lines:
  - kind: query
    constants: {status: ok}
    fields: {event_id: id, ts: at, query_text: text}
  - kind: cost
    fields: {event_id: id, query_id: id, ts: at, model: model, input_tokens: tokens}
"""
JSON = ("litellm", "langfuse", "phoenix")
ALL = (*JSON, "csv")


@dataclass
class Read:
    """What became of a file."""

    ids: set[str]
    reasons: set[str]
    kept: list[bytes]


@dataclass
class Reader:
    name: str
    folder: Path

    def source(self) -> Source:
        known = {"litellm": LITELLM, "langfuse": LANGFUSE, "phoenix": PHOENIX}
        if self.name in known:
            return known[self.name]
        path = self.folder / "map.yml"
        path.write_text(MAP)
        return Table(read_map(path)).source()

    def record(
        self,
        id_: bytes,
        tokens: bytes = b"3",
        at: bytes = b'"2026-03-01T10:00:00Z"',
        text: bytes = b'"hi"',
    ) -> bytes:
        said = TEMPLATES[self.name]
        for name, value in ((b"@ID@", id_), (b"@AT@", at), (b"@TOKENS@", tokens), (b"@TEXT@", text)):
            said = said.replace(name, value)
        return said

    def read(
        self, *records: bytes, before: bytes = b"", end: bytes = b"\n", most: int = 16 << 20
    ) -> Read:
        path = self.folder / "log"
        header = b"id,at,model,tokens,text\n" if self.name == "csv" else b""
        path.write_bytes(before + header + b"\n".join(records) + end)
        found = Read(set(), set(), [])
        for item in read_file(path, Limits(record_bytes=most), self.source()):
            if isinstance(item, Unreadable):
                found.reasons.add(item.reason.value)
                found.kept.append(b"".join(item.parts()))
                continue
            self._judge(item, found)
        return found

    def _judge(self, item: Slice, found: Read) -> None:
        parsed = parse(item, Limits())
        found.ids |= {str(event.event_id) for event in parsed.events}
        for place, refused in parsed.refused:
            found.reasons.add(refused.reason.value)
            found.kept.append(item.lines[place])

    def id_of(self, plain: str) -> str:
        return f"{plain}-{plain}" if self.name == "phoenix" else plain
