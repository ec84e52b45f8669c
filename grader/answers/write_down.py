"""The answers that were taken from a write-up as a file of answers, to be corrected and handed in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from grader import document
from grader.assignment.config import Config

_HEAD = """\
# Taken from {name}; the numbers are its lines. Correct what was taken wrongly, fill in what is missing, and hand in
# this file: each answer counts as it stands here.
"""


def text(name: str, nodes: Mapping[str, document.Node], config: Config) -> str:
    """The text of an ``answers.yaml``: for each part what was taken of it, with the lines of the write-up."""
    lines = [_HEAD.format(name=name)]
    for part, stated in config.parts.items():
        lines.append(f'"{part}":  # {stated.title}')
        lines += [f"  {line}" for line in _lines(nodes[part])] if part in nodes else []
        lines.append("")
    return "\n".join(lines)


def _lines(node: document.Node) -> Iterator[str]:
    """A node as YAML in block style, every text in double quotes."""
    if isinstance(node, document.Mapping):
        for key, value in node.entries:
            if isinstance(value, document.Scalar):
                yield f"{key.text}: {_scalar(value)}"
            else:
                yield f"{key.text}:"
                yield from (f"  {line}" for line in _lines(value))
    elif isinstance(node, document.Sequence):
        for item in node.items:
            inner = list(_lines(item))
            yield from (f"{'  ' if place else '- '}{line}" for place, line in enumerate(inner))
    elif isinstance(node, document.Scalar):
        yield _scalar(node)


def _scalar(node: document.Scalar) -> str:
    # What JSON has in double quotes YAML has too.
    return f"{json.dumps(node.text, ensure_ascii=False)}  # {node.line}"
