"""Text that someone typed, with nothing in it that acts unseen: control and bidirectional characters by number."""

from __future__ import annotations

import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def text(raw: str, keep: str = "\n\t", limit: int | None = None) -> str:
    """The text with each unseen character as ``⟨U+202E⟩``; past ``limit`` characters only their count is given."""
    cut = raw if limit is None or len(raw) <= limit else raw[:limit]
    shown = cut if cut.isascii() and cut.isprintable() else "".join(_shown(character, keep) for character in cut)
    return shown if len(cut) == len(raw) else f"{shown} … ({len(raw) - len(cut):,} more characters)"


def _shown(character: str, keep: str) -> str:
    if character in keep or unicodedata.category(character) not in _UNSEEN:
        return character
    return f"⟨U+{ord(character):04X}⟩"
