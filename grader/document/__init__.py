"""YAML as text with places: every scalar keeps the characters that were typed, every node knows its line.

Nothing is converted (no number goes through float, no ``yes`` becomes true) and nothing is ever constructed.
``read`` is strict, for the config. ``salvage`` is for what students hand in: it reads what can be read, as it was
meant where only one meaning makes sense, and says where it could not.
"""

from __future__ import annotations

from grader.document.characters import decode
from grader.document.files import read, salvage
from grader.document.nodes import Broken, Document, Limits, Mapping, Node, Scalar, Sequence, Unreadable, empty, every

__all__ = [
    "Broken",
    "Document",
    "Limits",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "Unreadable",
    "decode",
    "empty",
    "every",
    "read",
    "salvage",
]
