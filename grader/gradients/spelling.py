"""A part of an equation as a message quotes it."""

from __future__ import annotations

from grader.language import nodes
from grader.language.nodes import Node


def spelled(node: Node) -> str:
    """A part of an equation for a message."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Transpose) and isinstance(node.operand, nodes.Name):
        return f"{node.operand.name}^T"
    return "this part"
