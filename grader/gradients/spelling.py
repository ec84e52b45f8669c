"""A part of an equation as a message quotes it."""

from __future__ import annotations

from grader.language import writing
from grader.language.nodes import Node

LONGEST = 60


def spelled(node: Node) -> str:
    """A part of an equation for a message; what is long is cut."""
    text = writing.text(node)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
