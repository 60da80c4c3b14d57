"""Why a line is refused. The codes are the contract's; `BAD_GZIP` and `BAD_PARQUET` are ours."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    BAD_UTF8 = "BAD_UTF8"
    BAD_JSON = "BAD_JSON"
    BAD_GZIP = "BAD_GZIP"
    BAD_PARQUET = "BAD_PARQUET"
    TRUNCATED_TAIL = "TRUNCATED_TAIL"
    NUL_BYTE = "NUL_BYTE"
    BAD_UNICODE = "BAD_UNICODE"
    DUP_KEY = "DUP_KEY"
    TOO_DEEP = "TOO_DEEP"
    TOO_LARGE = "TOO_LARGE"
    NOT_FINITE = "NOT_FINITE"
    RANGE = "RANGE"
    NO_TZ = "NO_TZ"
    TIME_WINDOW = "TIME_WINDOW"
    UNKNOWN_KIND = "UNKNOWN_KIND"
    MISSING_FIELD = "MISSING_FIELD"
    BAD_TYPE = "BAD_TYPE"
    BAD_VALUE = "BAD_VALUE"
    ERASED_SUBJECT = "ERASED_SUBJECT"


@dataclass
class Refused(Exception):  # noqa: N818 - a verdict on a line, not an error of ours
    """`path` says where in the line (`$.tokens`), never what stood there."""

    reason: Reason
    path: str = "$"
