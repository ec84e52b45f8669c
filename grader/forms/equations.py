"""Backward equations as typed: field by field, or one below the other in a text, with the student's own names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import cached_property, partial
from typing import Union

from grader import document
from grader.assignment.config import Item, Procedure
from grader.assignment.part_kinds import BackwardPart
from grader.forms import asking
from grader.forms.answer import Answer, Invalid, PartAnswers, Typed, described, invalid, located, missing, shown
from grader.forms.asking import Schema
from grader.frozen import frozen
from grader.gradients.procedure import Equation, bar, jacobian
from grader.language import derivation, nodes, reading, writing
from grader.language.calculus import LOSSES
from grader.language.derivation import Aside, Statement
from grader.language.lexer import Scope
from grader.language.nodes import Call, Derivative, Function, Name, Node, Transpose
from grader.language.reading import Left, Reading
from grader.language.unreadable import Unreadable
from grader.report import Paragraph

IN_ONE = "Say in one equation what all of its entries are; one entry is written with a subscript, such as v_k."
_CHANGE = re.compile(r"\s*([^\[\]=<>]{1,40}?)\s*(?:\[[^\]=]*(?:[<>=!]=?[^\]=]*)?\]\s*[-+*/]?|[-*/])=(?!=)")
"""How a line of a program begins that changes something: ``dz1[z1 <= 0] = 0``, ``h_bar *= g2_bar``."""


@frozen
class OwnNames:
    """What each name stands for, or why that cannot be read, and the scope in which the equations are read.

    A function is under its name, ``f'``, a Jacobian under ``∂y'/∂y``.
    """

    scope: Scope
    meanings: Mapping[str, Node | Unreadable]

    @cached_property
    def where(self) -> Mapping[str, Node]:
        """The names that could be read."""
        return {name: one for name, one in self.meanings.items() if not isinstance(one, Unreadable)}

    def used(self, sides: Sequence[Node]) -> list[str]:
        """The names that some sides come down to, through their definitions, in the order in which they are met."""
        found: dict[str, None] = {}
        pending = list(sides)
        while pending:
            node = pending.pop(0)
            name = _key(node)
            if name in self.meanings and name not in found:
                found[name] = None
                meaning = self.meanings[name]
                pending += [] if isinstance(meaning, Unreadable) else [meaning]
            pending += nodes.children(node)
        return list(found)


def answers(typed: Typed) -> PartAnswers:
    """The answers to the items of a backward part. Of what stands beside it only the names that it defines count.

    Raises:
        Invalid: the value holds no equation in any form.
    """
    stated = typed.config.procedures[typed.part.procedure]
    known = (*stated.sizes, *stated.inputs, *stated.label, *stated.parameters, *stated.steps)
    shapes = {name: tuple(shape) for name, shape in {**stated.inputs, **stated.parameters}.items()}
    scope = Scope(frozenset(stated.label), frozenset(stated.sizes), shapes, objective=typed.part.of)
    fields = frozenset(item.path[0] for item in typed.items)
    found = _Sorter(known, fields, scope).sort(typed.value)
    beside = _Sorter(known, fields, scope).sort(typed.beside).definitions if typed.beside is not None else {}
    objective = str(stated.steps.get(scope.objective, ""))
    defined = [one for one in {**beside, **found.definitions}.values() if not _same(one, scope.objective, objective)]
    own = _defined(defined, known, scope)
    called = _called(found.equations, own)
    given = tuple(_answer(item, found.equations.get(item.path[0]), known, own, called) for item in typed.items)
    return PartAnswers(given, tuple(f"part {typed.name}: {message}" for message in found.messages))


def _same(one: Statement, objective: str, step: str) -> bool:
    """Whether it calls the objective by another name: ``L = J``, or of the sign that J has, ``L = -log y'_t``."""
    right = re.sub(r"\s", "", one.right).replace("−", "-")
    plain = re.fullmatch(r"-?(?:1[\[{(]|[^-+*/\d])*", right) is not None and objective not in right
    alike = plain and right.startswith("-") and step.strip().startswith("-")
    return one.left.name in LOSSES and (right == objective or alike)


def _called(equations: Mapping[str, Statement | Invalid], own: OwnNames) -> dict[str, Name]:
    """The names of the student's own that are said to be one gradient, ``z1_bar = δ1``, each with that gradient."""
    found: dict[str, list[str]] = {}
    for gradient, line in equations.items():
        one = reading.own(line.right) if isinstance(line, Statement) and not line.left.indices else None
        name = own.scope.own.get(one.spelled, "") if one is not None and not one.parameters else ""
        if name in own.where:
            found.setdefault(name, []).append(gradient)
    return {name: Name(gradients[0]) for name, gradients in found.items() if len(gradients) == 1}


def _answer(
    item: Item, line: Statement | Invalid | None, known: Sequence[str], own: OwnNames, called: Mapping[str, Name]
) -> Answer:
    """The equation of an item, read; as understood it has the definitions that it uses behind it."""
    if line is None:
        return missing(item)
    try:
        if isinstance(line, Invalid):
            raise line
        side, used = _side(item.path[0], line, known, own)
    except (Invalid, Unreadable) as fault:
        blocks = fault.blocks if isinstance(fault, Invalid) else fault.blocks()
        unread = Paragraph(f"{located(f'{item.part} {item.path[0]}', line.line)} cannot be read.")
        return invalid(item, unread, line.line, *blocks, typed="" if isinstance(line, Invalid) else line.right)
    definitions = ", ".join(writing.definition(one, own.where[one]) for one in used)
    understood = f"{side.understood}, where {definitions}" if used else side.understood
    # What is called a gradient stands for it in the equations of the others, so that a slip in it costs it alone.
    upstream = {name: gradient for name, gradient in called.items() if gradient.name != item.path[0]}
    equation = Equation(side.node, {**own.where, **upstream}, side.members[:-1], side.other)
    return Answer(item, "read", equation, shown(line.right), understood, side.mathml, line.line, remarks=side.remarks)


def _side(name: str, line: Statement, known: Sequence[str], own: OwnNames) -> tuple[Reading, list[str]]:
    """The side of a gradient's equation, and the names of the student's own in it.

    Raises ``Unreadable``, and ``Invalid`` for what is no equation of this gradient.
    """
    if not line.right.strip():
        raise Invalid(f"What stands here is no equation for {name}: it says what something else is.")
    for loss in LOSSES:
        gradient = rf"(?<![A-Za-z])(?:[d∂]|\\partial)?\s*{loss}(?![A-Za-ce-z])"
        if (loss,) in own.scope.own and re.search(gradient, line.typed):
            raise Invalid(f"{loss} has a meaning of its own here; the gradients are those of {own.scope.objective}.")
    side = reading.equation(line.right, known, own.scope, name, line.left.indices)
    if line.left.transposed:
        members = tuple(Transpose(one, span=one.span) for one in side.members)
        side = replace(side, node=members[-1], members=members)
    used = own.used(side.members)
    for one in used:
        if isinstance(broken := own.meanings[one], Unreadable):
            raise Invalid(f"It uses {one}, whose definition cannot be read.", None, *broken.blocks())
    for part in (*side.members, *(own.where[one] for one in used)):
        for function in _elsewhere(part, known, own):
            raise Invalid(f"{function} is used at another place than the one that its definition is for.")
    return side, used


def _elsewhere(side: Node, known: Sequence[str], own: OwnNames) -> Iterator[str]:
    """The student's functions that are used elsewhere than where they are defined: ``σ'(z1)``, of ``σ'(z2) = g1``."""
    for one in nodes.parts(side):
        if isinstance(one, Call) and isinstance(meaning := own.where.get(one.function), Function):
            pairs = zip(meaning.parameters, one.arguments)
            fixed = [given for name, given in pairs if name in known and given != Name(name)]
            if fixed and not set(meaning.parameters) & set(nodes.names(meaning.body)):
                yield one.function


_Found = Union[Statement, Aside, tuple[str, Invalid]]
"""A statement, what is none, or a field that holds none, and why."""


class _Sorter:
    """Sorts the statements of a part by what they define, where these names are known and these gradients asked for."""

    def __init__(self, known: tuple[str, ...], fields: frozenset[str], scope: Scope) -> None:
        self.fields = fields
        self.labels = scope.labels
        self.label = next(iter(scope.labels)) if len(scope.labels) == 1 else ""
        self.named = partial(reading.left, names=known, scope=scope)
        self.equations: dict[str, Statement | Invalid] = {}
        self.definitions: dict[str, Statement] = {}
        self.messages: list[str] = []

    def sort(self, value: document.Node) -> _Sorter:
        """Takes every statement in a value; raises ``Invalid`` where there is none."""
        found = list(self._statements(value))
        if not found:
            raise Invalid(f"Here {described(value)} stands; equations such as x_bar: … are expected.", value.line)
        changes: dict[str, int] = {}
        for one in found:
            if isinstance(one, Statement):
                self._take(one)
            elif isinstance(one, Aside) and (change := _CHANGE.match(one.text)) and (name := self._asked(change[1])):
                changes[name] = one.line
            elif isinstance(one, Aside):
                near = get_close_matches(one.text.split("=")[0].strip(), sorted(self.fields), 1)
                meant = f"; did you mean {near[0]}?" if near else "."
                self.messages.append(f"“{one.text[:40]}” (line {one.line}) is not known and was left aside{meant}")
            else:
                name, fault = one
                if gradient := self._asked(name):
                    self.equations[gradient] = fault
                else:
                    self.messages.append(f"“{name[:40]}” (line {fault.line}) was left aside: {fault.message}")
        for name, line in changes.items():
            what = f"changes {name}" if name in self.equations else f"states a part of {name}"
            self.equations[name] = Invalid(f"Line {line} {what}. {IN_ONE}", line)
        return self

    def _take(self, one: Statement) -> None:
        left = one.left
        short = left.kind == "gradient" and one.given and "bar" not in one.typed and "J" not in one.typed
        if left.kind == "problem" or short:
            # Where a student says what a name stands for, it stands for that; J_s is another name than J.
            meant = reading.entries(reading.own(one.typed) or left, one.right, self.labels)
            left = meant if one.given or (left.indices and not meant.indices) else left
        if left.kind == "gradient" and left.name in self.fields:
            earlier = self.equations.get(left.name)
            if isinstance(earlier, Statement) and (whole := _together(earlier, one, self.label)) is not None:
                self.equations[left.name] = whole
            elif isinstance(earlier, Statement) and earlier.right.split() == one.right.split():
                self.messages.append(
                    f"{left.name} is given twice, the second time in line {one.line}, with the same equation."
                )
            elif earlier is not None:
                self.equations[left.name] = Invalid(f"{left.name} is given twice (again in line {one.line}).", one.line)
            else:
                self.equations[left.name] = one
        elif left.kind in ("gradient", "problem"):
            what = "is not asked for" if left.kind == "gradient" else "is a name of the problem and keeps its meaning"
            self.messages.append(f"{left.name} (line {one.line}) {what}; the line was left aside.")
        elif left.name in self.definitions:
            self.messages.append(f"{left.name} is defined twice; the definition in line {one.line} was left aside.")
        else:
            self.definitions[left.name] = replace(one, left=left)

    def _asked(self, text: str) -> str:
        """The gradient that a text names, where it is one of those asked for."""
        left = self.named(text)
        return left.name if left is not None and left.name in self.fields else ""

    def _statements(self, value: document.Node, given: bool = False) -> Iterator[_Found]:
        """Every ``left = right`` in a value: fields, the fields under where, lines of text, lists of any of these."""
        if isinstance(value, document.Mapping):
            for key, inner in value.entries:
                if key.text.strip().lower().rstrip(":") in ("where", "with", "definitions", "let"):
                    yield from self._statements(inner, given=True)
                else:
                    yield from self._field(key, inner, given)
        elif isinstance(value, document.Sequence):
            for item in value.items:
                yield from self._statements(item, given)
        elif isinstance(value, document.Scalar):
            if len(value.text) > derivation.LENGTH:
                raise Invalid(f"This text has more than {derivation.LENGTH:,} characters and was not read.", value.line)
            for one in derivation.statements(value.text, value.line, self.named, self.label):
                yield replace(one, given=True) if given and isinstance(one, Statement) else one
        else:
            yield "", Invalid(f"It cannot be read: {value.reason}", value.line)

    def _field(self, key: document.Scalar, value: document.Node, given: bool) -> Iterator[_Found]:
        """A field, and what stands behind its equation in its text."""
        if isinstance(value, document.Sequence) and value.flow and len(value.items) == 1:
            (only,) = value.items
            value = only if isinstance(only, document.Scalar) and not only.empty else value
        left = self.named(re.sub(r"[ -]+bar\Z", "_bar", key.text.strip()))
        if not isinstance(value, document.Scalar):
            reason = value.reason if isinstance(value, document.Broken) else "an equation is one line of text"
            if isinstance(value, document.Sequence) and not value.flow:
                reason += ", and a dash with a blank behind it begins an entry of a list and is no minus sign"
            yield key.text, Invalid(f"Here {described(value)} stands: {reason}.", key.line)
        elif value.empty:
            return
        elif left is None:
            yield Aside(key.text, key.line)
        elif len(value.text) > derivation.LENGTH:
            message = f"This has more than {derivation.LENGTH:,} characters and was not read."
            yield key.text, Invalid(message, value.line)
        else:
            first = Statement(key.text, left, "", value.line, given)
            yield from derivation.statements(value.text, value.line, self.named, self.label, first)


def _together(earlier: Statement, one: Statement, label: str) -> Statement | None:
    """Two statements that are parts of one gradient: what is added later; the entry of the label, and the others."""
    if one.adds and one.left == earlier.left and not any(_NO_TERM.search(part.right) for part in (earlier, one)):
        return replace(earlier, right=f"{earlier.right} + {one.right}")
    for first, second in ((earlier, one), (one, earlier)):
        other = _OTHERS.search(second.right, max(0, len(second.right) - 100))
        index = second.left.indices[0] if len(second.left.indices) == 1 else ""
        if (
            other is not None
            and first.left.indices == (label,)
            and (other["pair"] is None or (other["pair"][0], other["pair"][-1]) == (index, label))
            and not re.search(rf"(?<![A-Za-z]){index}(?![A-Za-z])", first.right)
        ):
            right = f"{first.right} if {index} = {label} else {second.right[: other.start()]}"
            return replace(second, right=right, line=earlier.line)
    return None


_NO_TERM = re.compile(r"=|,|(?<![A-Za-z])(?:if|else)(?![A-Za-z])|[-+*/^@∘⊙⊘·×]\s*$")
"""What is in no term that another one can be added to."""
_OTHERS = re.compile(
    r"(?:\\q?quad|\\text\s*\{|[\s,(])*(?:(?:if|for|when)\s*\}?\s*(?:all\s+)?"
    r"(?P<pair>[a-z]\s*(?:≠|!=|\\neq?(?![A-Za-z]))\s*[a-z])|otherwise|elsewhere|else)\s*[)}]?\s*$"
)
"""What says that an equation is for all entries but one."""


def _key(node: Node) -> str:
    if isinstance(node, Derivative):
        return jacobian(node)
    return node.name if isinstance(node, Name) else node.function if isinstance(node, Call) else ""


def _defined(statements: Sequence[Statement], known: Sequence[str], scope: Scope) -> OwnNames:
    """The names that the statements define, each known to all the others."""
    sides = [reading.of_values(one.left, one.right) for one in statements]
    lefts = [reading.entries(left, right, scope.labels) for left, right in sides]
    own = {left.spelled: left.name for left in lefts if left.kind == "own"}
    functions = {left.name: left.parameters for left in lefts if left.parameters}
    scope = replace(scope, own=own, functions=functions)
    return OwnNames(scope, {left.name: _meaning(left, right, known, scope) for left, (_, right) in zip(lefts, sides)})


def _meaning(left: Left, right: str, known: Sequence[str], scope: Scope) -> Node | Unreadable:
    inside = {spelled: name for spelled, name in scope.own.items() if name not in left.parameters}
    names, scope = (*known, *left.parameters), replace(scope, own=inside)
    try:
        body = reading.equation(right, names, scope, below=left.indices).node
    except Unreadable as error:
        return error
    if left.transposed:
        body = Transpose(body, span=body.span)
    return Function(left.parameters, body, span=body.span) if left.parameters else body


def template(items: Sequence[Item]) -> Iterator[str]:
    """The lines of a template: one a variable, and one for the student's own names."""
    yield asking.line("where:", "names of your own, if you like: {A: diag(u)}")
    for item in items:
        yield f"{item.path[-1]}:"


def schema(part: BackwardPart, procedure: Procedure) -> Schema:
    """The JSON Schema of the part."""
    where = {
        "type": ["object", "null"],
        "additionalProperties": asking.TEXT,
        "description": "Names of your own, such as {A: diag(u)}.",
    }
    properties: Schema = {"where": where}
    for name in part.variables(procedure):
        description = f"The gradient of {part.of} with respect to {name}."
        properties[bar(name)] = {"type": ["string", "number", "null"], "description": description}
    # Names have other spellings too (\\bar{x}), and all equations may stand in one text.
    return asking.fields(properties, additionalProperties=asking.TEXT, type=["object", "string", "null"])
