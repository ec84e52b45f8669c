"""Backward equations as typed: field by field, or one below the other in a text, with the student's own names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from grader import document
from grader.assignment.config import Item, Procedure
from grader.assignment.part_kinds import BackwardPart
from grader.forms import asking, own_names
from grader.forms.answer import Answer, Invalid, PartAnswers, Typed, described, invalid, located, missing, shown
from grader.forms.asking import Schema
from grader.forms.own_names import OwnNames
from grader.frozen import frozen
from grader.gradients.equation import Equation, bar
from grader.language import derivation, reading, writing
from grader.language.derivation import Aside, Statement
from grader.language.names import Scope
from grader.language.nodes import Transpose
from grader.language.reading import Left, Reading
from grader.language.unreadable import Unreadable
from grader.report import Block, Paragraph


@frozen
class EquationAnswer:
    """One equation: read (``equation`` is there), or not (``blocks`` say why)."""

    typed: str
    line: int | None = None
    equation: Equation | None = None
    reading: Reading | None = None
    blocks: tuple[Block, ...] = ()
    own: tuple[str, ...] = ()

    @property
    def understood(self) -> str:
        """How the right-hand side was read, with the definitions that it uses."""
        if self.reading is None or self.equation is None:
            return ""
        parts = [writing.definition(name, self.equation.where[name]) for name in self.own]
        return ", where ".join([self.reading.understood, *([", ".join(parts)] if parts else [])])


@frozen
class EquationsAnswer:
    """The equations of a part by field (``x_bar``), and remarks on what was left aside."""

    equations: Mapping[str, EquationAnswer]
    messages: tuple[str, ...] = ()


IN_ONE = "Say in one equation what all of its entries are; one entry is written with a subscript, such as v_k."
_CHANGE = re.compile(r"\s*([^\[\]=<>]{1,40}?)\s*(?:\[[^\]=]*(?:[<>=!]=?[^\]=]*)?\]\s*[-+*/]?|[-*/])=(?!=)")


@dataclass
class _Sorted:
    """Statements by what they define, while they are sorted."""

    equations: dict[str, Statement | Invalid] = field(default_factory=dict)
    definitions: dict[str, Statement] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)


@frozen
class _Problem:
    """What a derivation is about: the names of the problem, which of them are asked for, which is the label."""

    known: tuple[str, ...]
    fields: frozenset[str]
    scope: Scope

    def named(self, text: str) -> Left | None:
        return reading.left(text, self.known, self.scope)

    @property
    def label(self) -> str:
        return next(iter(self.scope.labels)) if len(self.scope.labels) == 1 else ""


def answers(typed: Typed) -> PartAnswers:
    """The answers to the items of a backward part."""
    part = typed.part
    variables = [item.variable for item in typed.items]
    found = read(typed.value, typed.config.procedures[part.procedure], variables, part.of, typed.beside)
    given = tuple(_answer(item, found.equations.get(item.path[0])) for item in typed.items)
    return PartAnswers(given, tuple(f"part {typed.name}: {message}" for message in found.messages))


def _answer(item: Item, given: EquationAnswer | None) -> Answer:
    if given is None:
        return missing(item)
    if given.equation is None or given.reading is None:
        place = located(f"{item.part} {item.path[0]}", given.line)
        return invalid(item, Paragraph(f"{place} cannot be read."), given.line, *given.blocks, typed=given.typed)
    typed, understood, mathml = shown(given.typed), given.understood, given.reading.mathml
    return Answer(item, "read", given.equation, typed, understood, mathml, given.line, remarks=given.reading.remarks)


def read(
    value: document.Node, procedure: Procedure, variables: Sequence[str], of: str, beside: document.Node | None = None
) -> EquationsAnswer:
    """Read the value of a backward part: gradients of ``of`` with respect to the variables.

    Of what stands ``beside`` it only the names that are defined there count.

    Raises:
        Invalid: the value holds no equation in any form.
    """
    known = (*procedure.sizes, *procedure.inputs, *procedure.label, *procedure.parameters, *procedure.steps)
    shapes = {name: tuple(shape) for name, shape in {**procedure.inputs, **procedure.parameters}.items()}
    scope = Scope(frozenset(procedure.label), frozenset(procedure.sizes), shapes, objective=of)
    problem = _Problem(known, frozenset(bar(variable) for variable in variables), scope)
    sorted_ = _sorted(value, problem)
    definitions = sorted_.definitions
    if beside is not None:
        definitions = {**_sorted(beside, problem).definitions, **definitions}
    own = own_names.defined(list(definitions.values()), known, scope)
    found = {name: _equation(name, one, known, own) for name, one in sorted_.equations.items()}
    return EquationsAnswer(found, tuple(sorted_.messages))


def _equation(name: str, line: Statement | Invalid, known: Sequence[str], own: OwnNames) -> EquationAnswer:
    if isinstance(line, Invalid):
        return EquationAnswer("", line.line, blocks=line.blocks)
    if line.left.name != name:
        says = Paragraph(f"What stands here is {line.left.name}, not {name}.")
        return EquationAnswer(line.right, line.line, blocks=(says,))
    try:
        side = reading.equation(line.right, known, own.scope, name, line.left.indices)
    except Unreadable as error:
        return EquationAnswer(line.right, line.line, blocks=error.blocks())
    members = side.members
    if line.left.transposed:
        members = tuple(Transpose(one, span=one.span) for one in members)
        side = replace(side, node=members[-1], members=members)
    used = own.used(members)
    for one in used:
        if isinstance(broken := own.meanings[one], Unreadable):
            says = Paragraph(f"It uses {one}, whose definition cannot be read.")
            return EquationAnswer(line.right, line.line, blocks=(says, *broken.blocks()))
    equation = Equation(side.node, own.where, members[:-1], side.other)
    remarks = tuple(Paragraph(one) for one in side.remarks)
    return EquationAnswer(line.right, line.line, equation, side, remarks, tuple(used))


def _sorted(value: document.Node, problem: _Problem) -> _Sorted:
    """The statements of a part by what stands on their left."""
    result = _Sorted()
    found = list(_statements(value, problem))
    if not found:
        raise Invalid(f"Here {described(value)} stands; equations such as x_bar: … are expected.", value.line)
    changes: dict[str, int] = {}
    for one in found:
        if isinstance(one, Statement):
            _sort(one, problem, result)
        elif isinstance(one, Aside) and (name := _changed(one, problem)):
            changes[name] = one.line
        elif isinstance(one, Aside):
            near = get_close_matches(one.text.split("=")[0].strip(), sorted(problem.fields), 1)
            meant = f"; did you mean {near[0]}?" if near else "."
            result.messages.append(f"“{one.text[:40]}” (line {one.line}) is not known and was left aside{meant}")
        else:
            name, fault = one
            left = problem.named(name)
            if left is not None and left.name in problem.fields:
                result.equations[left.name] = fault
            else:
                result.messages.append(f"“{name[:40]}” (line {fault.line}) was left aside: {fault.message}")
    for name, line in changes.items():
        says = f"changes {name}" if name in result.equations else f"states a part of {name}"
        result.equations[name] = Invalid(f"Line {line} {says}. {IN_ONE}", line)
    return result


def _changed(aside: Aside, problem: _Problem) -> str:
    """The gradient that a line of a program changes: ``dz1[z1 <= 0] = 0``, ``h_bar *= g2_bar``."""
    changed = _CHANGE.match(aside.text)
    left = problem.named(changed[1]) if changed else None
    return left.name if left is not None and left.name in problem.fields else ""


def _sort(one: Statement, problem: _Problem, result: _Sorted) -> None:
    left = one.left
    short = left.kind == "gradient" and one.given and "bar" not in one.typed and "J" not in one.typed
    if left.kind == "problem" or short:
        # Where a student says what a name stands for, it stands for that; J_s is another name than J.
        meant = reading.entries(reading.own(one.typed) or left, one.right, problem.scope.labels)
        left = meant if one.given or (left.indices and not meant.indices) else left
    if left.kind == "gradient" and left.name in problem.fields:
        earlier = result.equations.get(left.name)
        if isinstance(earlier, Statement) and earlier.right.split() == one.right.split():
            result.messages.append(
                f"{left.name} is given twice, the second time in line {one.line}, with the same equation."
            )
        elif earlier is not None:
            result.equations[left.name] = Invalid(f"{left.name} is given twice (again in line {one.line}).", one.line)
        else:
            result.equations[left.name] = one
    elif left.kind in ("gradient", "problem"):
        what = "is not asked for" if left.kind == "gradient" else "is a name of the problem and keeps its meaning"
        result.messages.append(f"{left.name} (line {one.line}) {what}; the line was left aside.")
    elif left.name in result.definitions:
        result.messages.append(f"{left.name} is defined twice; the definition in line {one.line} was left aside.")
    else:
        result.definitions[left.name] = replace(one, left=left)


def _statements(
    value: document.Node, problem: _Problem, given: bool = False
) -> Iterator[Statement | Aside | tuple[str, Invalid]]:
    """Every ``left = right`` in a value: fields, the fields under where, lines of text, lists of any of these."""
    if isinstance(value, document.Mapping):
        for key, inner in value.entries:
            if key.text.strip().lower().rstrip(":") in ("where", "with", "definitions", "let"):
                yield from _statements(inner, problem, given=True)
            elif isinstance(inner, document.Scalar):
                if not inner.empty:
                    yield from _field(key, inner.text, inner.line, problem, given)
            elif isinstance(inner, document.Sequence) and len(inner.items) == 1 and _text(inner.items[0]):
                yield from _field(key, _text(inner.items[0]), inner.line, problem, given)
            else:
                why = inner.reason if isinstance(inner, document.Broken) else "an equation is one line of text"
                yield key.text, Invalid(f"Here {described(inner)} stands: {why}.", key.line)
    elif isinstance(value, document.Sequence):
        for item in value.items:
            yield from _statements(item, problem, given)
    elif isinstance(value, document.Scalar):
        if len(value.text) > derivation.LENGTH:
            raise Invalid(f"This text has more than {derivation.LENGTH:,} characters and was not read.", value.line)
        for one in derivation.statements(value.text, value.line, problem.named, problem.label):
            yield replace(one, given=True) if given and isinstance(one, Statement) else one
    else:
        yield "", Invalid(f"It cannot be read: {value.reason}", value.line)


def _text(node: document.Node) -> str:
    return node.text if isinstance(node, document.Scalar) and not node.empty else ""


def _field(
    key: document.Scalar, text: str, line: int, problem: _Problem, given: bool
) -> Iterator[Statement | Aside | tuple[str, Invalid]]:
    """A field, and what stands behind its equation in its text."""
    left = problem.named(key.text)
    if left is None:
        yield Aside(key.text, key.line)
        return
    if len(text) > derivation.LENGTH:
        yield key.text, Invalid(f"This has more than {derivation.LENGTH:,} characters and was not read.", line)
        return
    first = Statement(key.text, left, "", line, given)
    yield from derivation.statements(text, line, problem.named, problem.label, first)


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
        says = f"The gradient of {part.of} with respect to {name}."
        properties[bar(name)] = {"type": ["string", "number", "null"], "description": says}
    # Names have other spellings too (\\bar{x}), and all equations may stand in one text.
    return asking.fields(properties, additionalProperties=asking.TEXT, type=["object", "string", "null"])
