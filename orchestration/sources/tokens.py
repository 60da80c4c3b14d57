"""Tokens that a convention counts twice, each in one field of the contract."""

from orchestration.sources.source import Line

# (the whole, what it surely includes, what of the rest may have been cached or thought as well)
_INCLUSIVE = (
    ("input_tokens", ("cache_read_tokens", "cache_write_tokens"),
     ("audio_input_tokens", "image_input_tokens")),
    ("output_tokens", ("reasoning_tokens",), ("audio_output_tokens",)),
)  # fmt: skip
_NAMES = {whole: (whole, *parts, *media) for whole, parts, media in _INCLUSIVE}


def disjoint(tokens: Line) -> Line:
    """Conventions count parts in the whole. Where these are more than it, they were apart already."""
    for whole, parts, media in _INCLUSIVE:
        if whole not in tokens or not _are_counts(tokens, _NAMES[whole]):
            continue
        rest = tokens[whole]
        for name in parts:
            rest -= tokens.get(name, 0)
        if rest < 0:
            continue
        for name in media:
            if name in tokens:
                tokens[name] = min(tokens[name], rest)
                rest -= tokens[name]
        tokens[whole] = rest
    return tokens


def _are_counts(tokens: Line, names: tuple[str, ...]) -> bool:
    """A loop, as this is asked for each call: a comprehension costs more than it goes through."""
    for name in names:
        if name in tokens and (type(count := tokens[name]) is not int or count < 0):
            return False
    return True
