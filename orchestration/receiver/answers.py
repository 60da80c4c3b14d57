"""What a client hears: as OTLP/HTTP wants it, and as Langfuse's server says it."""

from collections.abc import Callable
from typing import Any

import msgspec
from google.protobuf.json_format import MessageToJson
from starlette.responses import Response

from orchestration.receiver.requests import JSON, PROTOBUF, Translated

Answer = Callable[[Translated, str], Response]


def exported(response: Callable[[], Any], rejected: str) -> Answer:
    """An export of OpenTelemetry's; `rejected` is where its answer says how many were refused."""

    def answer(result: Translated, media_type: str) -> Response:
        said = response()
        if result.refused:
            setattr(said.partial_success, rejected, result.refused)
            said.partial_success.error_message = (
                f"Kept in quarantine: {result.why}. See `assay quarantine list`."
            )
        if media_type == PROTOBUF:
            return Response(said.SerializeToString(), media_type=PROTOBUF)
        return Response(MessageToJson(said, indent=None), media_type=JSON)

    return answer


def counted(result: Translated, _: str) -> Response:
    """As Langfuse answers a list of scores."""
    said = {"accepted": result.count - result.refused}
    if not result.refused:
        return Response(msgspec.json.encode(said), 202, media_type=JSON)
    more = {"rejected": result.refused, "errors": [{"message": f"Kept in quarantine: {result.why}."}]}
    return Response(msgspec.json.encode(said | more), 207, media_type=JSON)


def listed(result: Translated, _: str) -> Response:
    """As Langfuse answers a batch of events."""
    why = {"status": 400, "message": f"Kept in quarantine: {result.why}.", "error": "refused"}
    said = {"successes": [], "errors": [why] if result.refused else []}
    return Response(msgspec.json.encode(said), 207, media_type=JSON)


def status(code: int, message: str, media_type: str) -> Response:
    """As OTLP/HTTP wants it: a `google.rpc.Status`, of which field 2 is the message."""
    if media_type != PROTOBUF:
        return Response(msgspec.json.encode({"message": message}), code, media_type=JSON)
    text = message.encode()
    return Response(bytes([0x12, len(text)]) + text, code, media_type=PROTOBUF)
