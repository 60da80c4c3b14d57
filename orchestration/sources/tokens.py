"""Tokens that a convention counts twice, each in one field of the contract."""

from orchestration.sources.source import Line

# (the whole, what it surely includes, what of the rest may have been cached or thought as well)
_INCLUSIVE = (
    ("input_tokens", ("cache_read_tokens", "cache_write_tokens"),
     ("audio_input_tokens", "image_input_tokens")),
    ("output_tokens", ("reasoning_tokens",), ("audio_output_tokens",)),
)  # fmt: skip
_INTEGERS = {int}


def disjoint(tokens: Line) -> Line:
    """Conventions count parts in the whole. Where these are more than it, they were apart already."""
    for whole, parts, media in _INCLUSIVE:
        if whole not in tokens:
            continue
        said = [tokens[name] for name in (whole, *parts, *media) if name in tokens]
        if len(said) == 1 or set(map(type, said)) != _INTEGERS or min(said) < 0:
            continue
        rest = tokens[whole] - sum([tokens[name] for name in parts if name in tokens])
        if rest < 0:
            continue
        for name in media:
            if name in tokens:
                tokens[name] = min(tokens[name], rest)
                rest -= tokens[name]
        tokens[whole] = rest
    return tokens
