"""What a person asked and what was answered, out of the shapes that conventions give to messages."""

from collections.abc import Iterator
from typing import Any

import msgspec

from orchestration.sources.otlp.conventions import BLOCKS, MESSAGES, PARTS, SAID
from orchestration.sources.otlp.spans import Event
from orchestration.sources.reading import LEFT_OUT

_Roles = tuple[str, ...]
Items = dict[int, dict[str, Any]]  # of a flattened list: index -> rest of the name -> value


def asked(said: dict[str, Any], lists: dict[str, Items], events: list[Event]) -> str | None:
    """The last thing that the user said, else the whole input. Tools answer as a user, too."""
    if lists or events or "input_messages" in said:
        for messages in _messages(said.get("input_messages"), lists, _ASKED, events, "input"):
            users = [message for message in messages if message.get("role") == "user"]
            for message in reversed(users or messages[-1:]):
                if text := _text(message):
                    return text
    return _passed_on(said.get("input_value"), said.get("input_form"), _QUESTIONS, _ASKING)


def answered(said: dict[str, Any], lists: dict[str, Items], events: list[Event]) -> str | None:
    if lists or events or "output_messages" in said:
        for messages in _messages(said.get("output_messages"), lists, _ANSWERED, events, "output"):
            if text := _texts(messages):
                return text
    return _passed_on(said.get("output_value"), said.get("output_form"), _ANSWERS, _ANSWERING)


# Where the JSON that a framework passes on holds what was asked, or answered; and whose messages do.
_QUESTIONS = ("messages", "new_message", "message", "input", "question", "query", "query_str",
              "user_msg", "prompt", "contents")  # fmt: skip
_ANSWERS = ("messages", "choices", "candidates", "generations", "replies", "message", "output",
            "answer", "response", "result", "raw")  # fmt: skip
_ASKING = ("user", "human", "HumanMessage", "HumanMessageChunk")
_ANSWERING = ("assistant", "ai", "model", "AIMessage", "AIMessageChunk")
_DEEPEST = 8


def _passed_on(value: Any, form: Any, names: tuple[str, ...], who: _Roles) -> str | None:
    """The whole input, or output. Of JSON only what somebody said in it: the rest is nobody's words."""
    if form != "application/json" or not isinstance(value, str):
        return plain(value)
    found = parsed_json(value)
    if isinstance(found, dict | list):
        return _said_in(found, names, who, _DEEPEST)
    return None if value[:1] in ("{", "[") else plain(found if isinstance(found, str) else value)


def _said_in(found: Any, names: tuple[str, ...], who: _Roles, deepest: int) -> str | None:
    if not deepest or isinstance(found, str):
        return plain(found)
    if isinstance(found, list):
        parts = (one for one in reversed(found) if isinstance(one, dict | list))
        said = (_said_in(one, names, who, deepest - 1) for one in parts)
        return next(filter(None, said), None)
    if not isinstance(found, dict):
        return None
    if isinstance(kind := found.get("type"), str) and kind.endswith("_call"):
        return None  # of a tool: what went in and came out is nobody's
    if isinstance(content := found.get("content"), dict):
        return _said_in(content, names, who, deepest - 1)
    if isinstance(packed := found.get("kwargs"), dict):
        return _text(packed) if _class_of(found, packed) in who else None
    if content is not None or "parts" in found:
        return _text(found) if found.get("role", kind) in who else None
    said = (_said_in(found[name], names, who, deepest - 1) for name in names if name in found)
    return next(filter(None, said), None)


def _class_of(found: dict[str, Any], packed: dict[str, Any]) -> Any:
    """Of a message of LangChain's as it packs them: by its type, or the last name of its class."""
    names = found.get("id")
    return packed.get("type") or (names[-1] if isinstance(names, list) and names else None)


def _texts(messages: list[dict[str, Any]]) -> str | None:
    if len(messages) == 1:
        return _text(messages[0])
    return "\n".join([text for message in messages if (text := _text(message))])


# Flattened lists.
_ASKED = ("llm.input_messages", "gen_ai.prompt")
_ANSWERED = ("llm.output_messages", "gen_ai.completion")


def _messages(
    whole: Any,
    lists: dict[str, Items],
    names: tuple[str, ...],
    events: list[Event],
    side: str,
) -> Iterator[list[dict[str, Any]]]:
    """Every way that has some, the newest first."""
    if whole and (messages := _parsed(whole)):
        yield messages
    if lists:
        for name in names:
            if name in lists:
                yield _listed(lists[name])
    if events and (messages := _from_events(events, side)):
        yield messages


def plain(value: Any) -> str | None:
    return value if type(value) is str and value and value not in LEFT_OUT else None


def parsed_json(value: Any) -> Any:
    """Attributes hold objects as JSON in a string, or as OTLP's own maps and lists."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return value


def _parsed(value: Any) -> list[dict[str, Any]]:
    found = parsed_json(value)
    if isinstance(found, dict):
        found = _within(found)
    if isinstance(found, list):
        return [one for one in found if isinstance(one, dict)]
    said = found if isinstance(found, str) else value  # who types a number means it as a text
    return [{"role": "user", "content": said}] if isinstance(said, str) else []


def _within(found: dict[str, Any]) -> list[Any]:
    """Messages of a whole request, or of a response."""
    if isinstance(messages := found.get("messages"), list):
        return messages
    if isinstance(choices := found.get("choices"), list):
        return [one.get("message") for one in choices if isinstance(one, dict)]
    return [found]


def _listed(items: Items) -> list[dict[str, Any]]:
    """What an item has besides a role and a content, nobody asks it for."""
    return [
        said if (said := items[index]).get("content") is not None else _in_parts(said)
        for index in (sorted(items) if len(items) > 1 else items)
    ]


def _in_parts(said: dict[str, Any]) -> dict[str, Any]:
    parts = [
        value
        for name, value in said.items()
        if name.endswith("message_content.text") and said.get(f"{name[:-4]}type") in SAID
    ]
    return {"role": said.get("role"), "content": "\n".join(part for part in parts if plain(part))}


def _unpacked(content: str) -> Any:
    """Parts that an attribute holds as JSON; JSON that somebody typed is his text."""
    parts = parsed_json(content)
    return parts if isinstance(parts, list) and all(map(_is_part, parts)) else content


def _is_part(one: Any) -> bool:
    if not isinstance(one, dict):
        return False
    return one["type"] in PARTS if "type" in one else len(one) == 1 and not BLOCKS.isdisjoint(one)


def _from_events(events: list[Event], side: str) -> list[dict[str, Any]]:
    messages = []
    for event in events:
        which, role = MESSAGES.get(event.name, ("", ""))
        if which == side:
            said = event.attributes
            if (message := said.get("message")) is not None:
                inside = parsed_json(message)
                is_message = isinstance(inside, dict) and not _OF_A_MESSAGE.isdisjoint(inside)
                said = inside if is_message else {"content": message}
            content = said.get("content")
            is_packed = isinstance(content, str) and content.startswith('"')
            messages.append({"role": role, "content": parsed_json(content) if is_packed else content})
    return messages


_OF_A_MESSAGE = frozenset({"role", "content", "tool_calls"})


def _text(message: dict[str, Any]) -> str | None:
    """`content` as a text or a list of parts; `parts` in the newer form."""
    content = message.get("content")
    if isinstance(content, str):
        if not content.startswith("[{"):
            return plain(content)
        content = _unpacked(content)
    parts = message.get("parts") if content is None else content
    if not isinstance(parts, list):
        return plain(parts)
    texts = [
        plain(part.get("content", part.get("text")))
        for part in parts
        if isinstance(part, dict) and part.get("type") in SAID
    ]
    return "\n".join(text for text in texts if text) or None
