"""Names of a student's own, variables, functions and Jacobians: from ``left = right`` to what they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from grader.frozen import frozen
from grader.language import nodes, reading
from grader.language.derivation import Statement
from grader.language.names import Scope
from grader.language.nodes import Call, Derivative, Function, Name, Node, Transpose
from grader.language.reading import Left, Unreadable


@frozen
class OwnNames:
    """What each name stands for, or why that cannot be read, and the scope in which the equations are read.

    A function is under its name, ``f'``, a Jacobian under ``∂y'/∂y``.
    """

    scope: Scope
    meanings: Mapping[str, Node | Unreadable]

    @property
    def where(self) -> Mapping[str, Node]:
        """The names that could be read."""
        return {name: one for name, one in self.meanings.items() if not isinstance(one, Unreadable)}

    def used(self, sides: Sequence[Node]) -> list[str]:
        """The names that some sides come down to, through their definitions, in the order in which they are met."""
        found: dict[str, None] = {}
        pending = list(sides)
        while pending:
            node = pending.pop(0)
            name = _named(node)
            if name in self.meanings and name not in found:
                found[name] = None
                meaning = self.meanings[name]
                pending += [] if isinstance(meaning, Unreadable) else [meaning]
            pending += nodes.children(node)
        return list(found)


def _named(node: Node) -> str:
    if isinstance(node, Derivative):
        return f"∂{node.of.name}/∂{node.by.name}"
    return node.name if isinstance(node, Name) else node.function if isinstance(node, Call) else ""


def defined(statements: Sequence[Statement], known: Sequence[str], scope: Scope) -> OwnNames:
    """The names that the statements define, each known to all the others."""
    lefts = [reading.entries(one.left, one.right, scope.labels) for one in statements]
    own = {left.spelled: left.name for left in lefts if left.kind == "own"}
    functions = {left.name: left.parameters for left in lefts if left.parameters}
    scope = replace(scope, own=own, functions=functions)
    return OwnNames(scope, {left.name: _meaning(left, one.right, known, scope) for left, one in zip(lefts, statements)})


def _meaning(left: Left, right: str, known: Sequence[str], scope: Scope) -> Node | Unreadable:
    inside = {spelled: name for spelled, name in scope.own.items() if name not in left.parameters}
    names, scope = (*known, *left.parameters), replace(scope, own=inside)
    try:
        body = reading.equation(right, names, scope, below=left.indices).node
    except Unreadable as error:
        _, sign, worked_out = right.partition("=")
        if error.code != "read.derivative" or not sign:
            return error
        # What is derived, as an expression, is not read; what it comes to is what the name stands for.
        return _meaning(left, worked_out, known, scope)
    if left.transposed:
        body = Transpose(body, span=body.span)
    return Function(left.parameters, body, span=body.span) if left.parameters else body
