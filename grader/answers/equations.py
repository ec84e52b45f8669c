"""Backward equations as typed: field by field, or one below the other in a text, with the student's own names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from grader import document
from grader.answers import derivatives
from grader.answers.answer import Invalid, described
from grader.config import Procedure
from grader.gradients.equation import Equation, bar
from grader.language import reading, writing
from grader.language.reading import Reading
from grader.language.unreadable import Unreadable
from grader.report import Block, Paragraph

_WHERE = re.compile(r"(?:,\s*)?(?<![A-Za-z_\\])\\?(?:text\{\s*)?where\b\s*\}?:?", re.IGNORECASE)
_OWN_NAME = re.compile(r"[A-Za-z][A-Za-z_]*\d*'*")
_CONTINUED = re.compile(r"\s*(?:&\s*)?(?:=(?!=)|\+|∘|⊙|\\odot|\\circ|\*)")


@dataclass(frozen=True)
class EquationAnswer:
    """One equation: read (``equation`` is there), or not (``blocks`` say why)."""

    typed: str
    line: int | None = None
    equation: Equation | None = None
    reading: Reading | None = None
    blocks: tuple[Block, ...] = ()

    @property
    def understood(self) -> str:
        """How the right-hand side was read, with the definitions that it uses."""
        if self.reading is None or self.equation is None:
            return ""
        used = self.equation.uses()
        parts = [f"{name} = {writing.text(node)}" for name, node in self.equation.where.items() if name in used]
        return ", where ".join([self.reading.understood, *([", ".join(parts)] if parts else [])])


@dataclass(frozen=True)
class EquationsAnswer:
    """The equations of a part by field (``x_bar``), and remarks on what was left aside."""

    equations: Mapping[str, EquationAnswer]
    messages: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Line:
    """``left = right`` as typed, with the line of the file; ``meant`` is the right side with gradients by name."""

    left: str
    right: str
    line: int
    meant: str = ""


@dataclass
class _Sorted:
    """Lines by what they define, while they are sorted."""

    equations: dict[str, _Line | Invalid] = field(default_factory=dict)
    definitions: dict[str, _Line] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)


def read(value: document.Node, procedure: Procedure, variables: Sequence[str], of: str) -> EquationsAnswer:
    """Read the value of a backward part: gradients of ``of`` with respect to the variables.

    Raises:
        Invalid: the value holds no equation in any form.
    """
    known = (*procedure.sizes, *procedure.inputs, *procedure.label, *procedure.parameters, *procedure.steps)
    sorted_ = _sorted(value, known, variables, of)
    names = (*known, *sorted_.definitions)
    definitions: dict[str, Reading | Unreadable] = {
        name: _side(line.meant, names) for name, line in sorted_.definitions.items()
    }
    found = {name: _equation(line, names, definitions) for name, line in sorted_.equations.items()}
    return EquationsAnswer(found, tuple(sorted_.messages))


def _side(text: str, names: Sequence[str]) -> Reading | Unreadable:
    try:
        return reading.equation(text, names)
    except Unreadable as error:
        return error


def _equation(
    line: _Line | Invalid, names: Sequence[str], definitions: Mapping[str, Reading | Unreadable]
) -> EquationAnswer:
    if isinstance(line, Invalid):
        return EquationAnswer("", line.line, blocks=line.blocks)
    side = _side(line.meant, names)
    if isinstance(side, Unreadable):
        return EquationAnswer(line.right, line.line, blocks=side.blocks())
    read_ones = {name: one.node for name, one in definitions.items() if isinstance(one, Reading)}
    equation = Equation(side.node, read_ones, side.members[:-1])
    for name in sorted(equation.uses()):
        broken = definitions.get(name)
        if isinstance(broken, Unreadable):
            says = Paragraph(f"It uses {name}, whose definition cannot be read.")
            return EquationAnswer(line.right, line.line, blocks=(says, *broken.blocks()))
    return EquationAnswer(line.right, line.line, equation, side, tuple(Paragraph(remark) for remark in side.remarks))


def _sorted(value: document.Node, known: Sequence[str], variables: Sequence[str], of: str) -> _Sorted:
    """The lines of a part by what stands on their left."""
    fields = {bar(variable) for variable in variables}
    result = _Sorted()
    lines = list(_lines(value, result))
    if not lines and not result.messages:
        raise Invalid(f"Here {described(value)} stands; equations such as x_bar: … are expected.", value.line)
    for line in lines:
        if isinstance(line, _Line):
            left, meant = (derivatives.named(text, of, variables) for text in (line.left, line.right))
            _sort(replace(line, left=left.strip(), meant=meant), known, fields, result)
        else:
            name, problem = line
            field_ = reading.name(derivatives.named(name, of, variables).strip(), known)
            if field_ in fields:
                result.equations[field_] = problem
            else:
                result.messages.append(f"“{name[:40]}” (line {problem.line}) was left aside: {problem.message}")
    return result


def _sort(line: _Line, known: Sequence[str], fields: set[str], result: _Sorted) -> None:
    name = reading.name(line.left, known)
    left = line.left.strip().strip("$& ")
    if name in fields:
        earlier = result.equations.get(name)
        if isinstance(earlier, _Line) and earlier.right.split() == line.right.split():
            result.messages.append(
                f"{name} is given twice, the second time in line {line.line}, with the same equation."
            )
        elif earlier is not None:
            result.equations[name] = Invalid(f"{name} is given twice (again in line {line.line}).", line.line)
        else:
            result.equations[name] = line
    elif name is not None:
        what = "is not asked for" if name.endswith("_bar") else "is a name of the problem and keeps its meaning"
        result.messages.append(f"{name} (line {line.line}) {what}; the line was left aside.")
    elif _OWN_NAME.fullmatch(left):
        if left in result.definitions:
            result.messages.append(f"{left} is defined twice; the definition in line {line.line} was left aside.")
        else:
            result.definitions[left] = line
    else:
        near = get_close_matches(left, sorted(fields), 1)
        meant = f"; did you mean {near[0]}?" if near else ""
        result.messages.append(f"“{left[:40]}” (line {line.line}) is not known and was left aside{meant}")


def _lines(value: document.Node, result: _Sorted, *, inside: bool = False) -> Iterator[_Line | tuple[str, Invalid]]:
    """Every ``left = right`` in a value: fields, the fields under where, lines of text, lists of any of these."""
    if isinstance(value, document.Mapping):
        for key, inner in value.entries:
            if _is_where(key.text):
                yield from _lines(inner, result, inside=True)
            elif isinstance(inner, document.Scalar):
                if not inner.empty:
                    yield from _parted(key.text, inner.text, inner.line)
            elif isinstance(inner, document.Sequence) and len(inner.items) == 1 and _text(inner.items[0]):
                yield from _parted(key.text, _text(inner.items[0]), inner.line)
            else:
                why = inner.reason if isinstance(inner, document.Broken) else "an equation is one line of text"
                yield key.text, Invalid(f"Here {described(inner)} stands: {why}.", key.line)
    elif isinstance(value, document.Sequence):
        for item in value.items:
            yield from _lines(item, result, inside=inside)
    elif isinstance(value, document.Scalar):
        yield from _typed(value, result)
    else:
        result.messages.append(f"Line {value.line} cannot be read: {value.reason}")


def _text(node: document.Node) -> str:
    return node.text if isinstance(node, document.Scalar) and not node.empty else ""


def _is_where(key: str) -> bool:
    return key.strip().lower().rstrip(":") in ("where", "with", "definitions", "let")


def _typed(value: document.Scalar, result: _Sorted) -> Iterator[_Line]:
    """Equations one below the other; a line that starts with = or an operator goes on with the one above."""
    text = re.sub(r"\\(?:begin|end)\{[a-z]+\*?\}|\$\$?|\\\[|\\\]", " ", value.text)
    rows: list[tuple[str, int]] = []
    for place, row in enumerate(text.split("\n")):
        for piece in re.split(r"\\\\|;", row):
            if rows and _CONTINUED.match(piece):
                rows[-1] = (f"{rows[-1][0]} {piece.strip().removeprefix('&')}", rows[-1][1])
            elif piece.strip(" \t\r&,."):
                rows.append((piece, value.line + place))
    for row, line in rows:
        equation, *rest = _WHERE.split(row)
        for part in (equation, *_definitions(rest)):
            left, sign, right = _halves(part.replace("&", " "))
            if sign:
                yield _Line(left, right, line)
            elif part.strip(" ,."):
                result.messages.append(f"“{part.strip()[:40]}” (line {line}) has no = and was left aside.")


def _parted(left: str, right: str, line: int) -> Iterator[_Line]:
    """A field, and the definitions that follow a ``where`` in its text."""
    first, *rest = _WHERE.split(right)
    yield _Line(left, first.rstrip(" ,;"), line)
    for definition in _definitions(rest):
        name, sign, meaning = _halves(definition)
        if sign:
            yield _Line(name, meaning, line)


def _definitions(texts: Sequence[str]) -> Iterator[str]:
    """``P = …, Q = …`` and ``P = …; Q = …`` one by one."""
    for text in texts:
        yield from re.split(r";|,(?=\s*[A-Za-z][\w']*\s*:?=(?!=))|(?<!\w)and(?=\s+[A-Za-z][\w']*\s*:?=(?!=))", text)


def _halves(text: str) -> tuple[str, str, str]:
    left, sign, right = re.match(r"([^=:]*)(:?=|:|)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]  # matches all
    return left, sign, right
