"""The same thing given more than once: equal answers count once, parts of one answer are joined, others are refused."""

from __future__ import annotations

from collections.abc import Sequence as Several
from typing import Any

from grader.document import Broken, Mapping, Node, Scalar, Sequence


def joined(what: str, given: Several[tuple[Scalar, Node]], said: list[str]) -> Node:
    """The one value of something that was given one or more times.

    Neither the first nor the last of two different answers is preferred: the value is then ``Broken``, and says so.
    """
    filled = [(key, value) for key, value in given if not (isinstance(value, Scalar) and value.empty)] or list(given)
    first = filled[0][1]
    if len(filled) == 1:
        return first
    numbers = [str(line) for line in sorted({key.line for key, _ in filled})]
    lines = _listed(numbers)
    if all(content(value) == content(first) for _, value in filled[1:]):
        said.append(f"line {filled[1][0].line}: {what} is given more than once, in {lines}, with the same answer.")
        return first
    mappings = [value for _, value in filled if isinstance(value, Mapping)]
    if len(mappings) == len(filled):
        entries = tuple(entry for value in mappings for entry in value.entries)
        remarks = tuple(remark for value in mappings for remark in value.remarks)
        return Mapping(first.line, first.column, span=first.span, entries=entries, remarks=remarks)
    reason = f"{what} is given more than once, in {lines}, with different answers; keep one of them"
    return Broken(filled[1][0].line, filled[1][0].column, span=first.span, reason=reason)


def _listed(lines: list[str]) -> str:
    if len(lines) == 1:
        return f"line {lines[0]}"
    if len(lines) > 5:
        return f"lines {', '.join(lines[:4])} and {len(lines) - 4} more"
    return f"lines {', '.join(lines[:-1])} and {lines[-1]}"


def content(node: Node) -> Any:
    """What a node says, without where it stands."""
    if isinstance(node, Scalar):
        return node.text.strip()
    if isinstance(node, Sequence):
        return [content(item) for item in node.items]
    if isinstance(node, Mapping):
        return {"": [(key.text.strip(), content(value)) for key, value in node.entries]}
    return (node.line, node.reason)
