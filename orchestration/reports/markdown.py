"""Words of others in Markdown."""

import re

_MARKUP = frozenset("\\`*_{}[]<>#|!~")
# What many renderers make a link of by themselves. Not every dot: numbers have them.
_LINKS = re.compile(r":(?=//)|(?<=www)\.|@", re.IGNORECASE)


def inert(text: str) -> str:
    """One line that makes no table, link or HTML, and ends no quotation."""
    flat = " ".join(text.split())
    shown = "".join(f"\\{one}" if one in _MARKUP else one for one in flat if one.isprintable())
    return _LINKS.sub(r"\\\g<0>", shown)
