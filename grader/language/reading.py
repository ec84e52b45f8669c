"""From what a student typed to nodes: one entry for each kind of answer. Nothing is ever executed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from grader.language import arrays, exact, slips, symbols, trimming, validity, writing
from grader.language.building import (
    CONDITIONS,
    Body,
)
from grader.language.building import (
    array as rows_of,
)
from grader.language.building import (
    condition as as_condition,
)
from grader.language.building import (
    node as as_node,
)
from grader.language.building import (
    value as as_value,
)
from grader.language.characters import clean
from grader.language.lexer import Context, Lexed, lex, token
from grader.language.nodes import And, Array, Comparison, Indicator, Name, Node, Number, Order, Transpose
from grader.language.parsing import several, single
from grader.language.unreadable import Unreadable

LENGTH = {"array": 30_000, "predicate": 20_000, "equations": 20_000}
SHORT = 4_000
LINES = 200
TOKENS = {"array": 5_000, "predicate": 4_000}


@dataclass(frozen=True)
class Reading:
    """How an answer was understood.

    ``node`` is what it says; for a chain of equalities ``members`` holds every member, and ``node`` is the last
    (for a formula: the last that is not an order). ``notes`` are sentences for the student: what was left out, what
    was read as what.
    """

    node: Node
    members: tuple[Node, ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def understood(self) -> str:
        return writing.text(self.node)

    @cached_property
    def mathml(self) -> str:
        return writing.mathml(self.node)


class _Text:
    """A text on its way: cut to its limit, freed of quotation marks, read by one of the functions below."""

    def __init__(self, text: str, kind: str, names: Collection[str], *, bars: bool = False) -> None:
        most = LENGTH.get(kind, SHORT)
        if len(text) > most:
            raise Unreadable(
                "read.too-long", f"This answer has {len(text)} characters; at most {most} are read.", (most, most + 1)
            )
        self.text = text
        self.context = Context(kind, symbols.of(names, bars), TOKENS.get(kind, 1500))

    def lexed(self) -> Lexed:
        if not self.text.strip():
            raise Unreadable("read.empty", "Nothing is written here.", (0, 1))
        return lex(clean(_unquoted(self.text)), self.context)

    @property
    def end(self) -> int:
        return len(self.text.rstrip())


def formula(text: str, names: Collection[str]) -> Reading:
    """A count in the declared symbols, such as ``5(n + 2)``; an order, such as ``O(n^5)``, is read too."""
    with _located(text):
        return _formula(_Text(text, "formula", names))


def order(text: str, names: Collection[str]) -> Reading:
    """An order of growth; a bare formula is read as it stands."""
    with _located(text):
        return _formula(_Text(text, "order", names))


def _formula(source: _Text) -> Reading:
    lexed = source.lexed()
    trimmed = trimming.formula(lexed.tokens, source.text)
    members = []
    for member in trimmed.members:
        slips.check(member, source.context, source.text)
        found = single(member, source.end)
        if isinstance(found, CONDITIONS):
            slips.not_a_formula(found)
        validity.countable(found, source.context.kind)
        validity.bounded(found)
        members.append(found)
    _own_name(members)
    exact_ones = [one for one in members if not isinstance(one, Order)]
    chosen = exact_ones[-1] if exact_ones and source.context.kind == "formula" else members[-1]
    return Reading(chosen, tuple(members), (*lexed.notes, *trimmed.notes))


def _own_name(members: list[Node]) -> None:
    # "m = 4n" is an equation between two symbols of the problem, not an amount: say so rather than mark it wrong.
    first = members[0]
    if (
        len(members) > 1
        and isinstance(first, Name)
        and all(first.name not in validity.names(one) for one in members[1:])
    ):
        raise Unreadable(
            "read.equation",
            f"{first.name} is a symbol of the problem, so this is an equation and not an amount.",
            first.span,
            hint="Leave out what stands before the = sign.",
        )


def condition(text: str, names: Collection[str]) -> Reading:
    """A condition on the declared symbols, such as ``n > 7``."""
    with _located(text):
        return _condition(_Text(text, "condition", names))


def predicate(text: str, names: Collection[str]) -> Reading:
    """A condition on the inputs of a network, such as ``x4 = x1 or x4 = x2``."""
    with _located(text):
        return _condition(_Text(text, "predicate", names))


def _condition(source: _Text) -> Reading:
    lexed = source.lexed()
    trimmed = trimming.condition(lexed.tokens, source.text)
    members = []
    for member in trimmed.members:
        slips.check(member, source.context, source.text)
        members.append(_joined(several(member, source.end)))
        validity.unlisted(members[-1])
        validity.bounded(members[-1])
    return Reading(members[-1], tuple(members), (*lexed.notes, *trimmed.notes))


def _joined(body: Body) -> Node:
    parts: list[Node] = []
    shared: list[Node] = []
    for entry in (entry for row in body.rows for entry in row):
        plain = as_node(entry)
        if isinstance(plain, CONDITIONS):
            # "n, m > 0" says it of both.
            if isinstance(plain, Comparison):
                parts.extend(Comparison((one, *plain.operands[1:]), plain.relations, span=plain.span) for one in shared)
                shared = []
            parts.append(plain)
        elif isinstance(plain, Name) and not parts:
            shared.append(plain)
        else:
            parts.append(as_condition(entry))
    if shared:
        as_condition(shared[0])
    return parts[0] if len(parts) == 1 else And(tuple(parts), span=body.span)


def number(text: str) -> Fraction:
    """One exact number: an integer, a decimal, a fraction."""
    with _located(text):
        source = _Text(text, "number", ())
        trimmed = trimming.formula(source.lexed().tokens, source.text)
        slips.check(trimmed.members[-1], source.context, source.text)
        found = single(trimmed.members[-1], source.end)
        validity.countable(found, "number")
        validity.bounded(found)
        try:
            return exact.value(found)
        except exact.Undefined as error:
            raise Unreadable("read.not-a-number", f"This is not a number: {error}.", found.span) from None


def array(text: str) -> Reading:
    """A vector or matrix of exact numbers: an ``Array`` of numbers, or of rows of numbers."""
    with _located(text):
        source = _Text(text, "array", ())
        lexed = source.lexed()
        members, transposed = trimming.array(lexed.tokens, source.text)
        values = []
        for member in members:
            slips.check(member, source.context, source.text)
            body = several(member, source.end)
            alone = not body.listed and len(body.rows) == 1
            found = as_value(body.rows[0][0]) if alone else rows_of(body)
            validity.bounded(found)
            values.append(arrays.evaluate(Transpose(found, span=found.span) if transposed else found))
        return Reading(values[-1], tuple(values), lexed.notes)


def activation(text: str) -> Reading:
    """An activation function of ``z``: a name, or an expression."""
    with _located(text):
        source = _Text(text, "activation", ("z",))
        lexed = source.lexed()
        tokens, notes = trimming.activation(lexed.tokens, source.text)
        slips.check(tokens, source.context, source.text)
        found = single(tokens, source.end)
        if isinstance(found, CONDITIONS):
            found = Indicator(found, span=found.span)
            notes = [*notes, "The condition was read as its indicator: 1 where it holds, 0 elsewhere."]
        validity.unlisted(found)
        validity.bounded(found)
        return Reading(found, (found,), (*lexed.notes, *notes))


def equation(text: str, names: Collection[str]) -> Reading:
    """The right-hand side of a backward equation; a left-hand side before ``=`` is left out.

    ``names`` are the names of the problem and the student's own; the error signal of each (``x_bar``) may be used too.
    """
    with _located(text):
        return _equation(_Text(text, "equation", names, bars=True))


def _equation(source: _Text) -> Reading:
    lexed = source.lexed()
    trimmed = trimming.equation(lexed.tokens)
    members = []
    for member in trimmed.members:
        slips.check(member, source.context, source.text)
        found = single(member, source.end)
        if isinstance(found, CONDITIONS):
            found = Indicator(found, span=found.span)
        validity.unlisted(found)
        validity.bounded(found)
        members.append(found)
    return Reading(members[-1], tuple(members), (*lexed.notes, *trimmed.notes))


def equations(block: str, names: Collection[str]) -> tuple[tuple[str, Reading | Unreadable], ...]:
    """Equations on lines of their own, ``J_bar = 1`` and so on: the name on the left and the reading of the right.

    A line whose right-hand side cannot be read gives its error in place of a reading; a line without a known name on
    its left raises ``Unreadable``.
    """
    if len(block) > LENGTH["equations"]:
        raise Unreadable(
            "read.too-long", f"This has {len(block)} characters; at most {LENGTH['equations']} are read.", (0, 1)
        ).within(block)
    if block.count("\n") + block.count(";") + block.count("\\\\") > LINES:
        raise Unreadable("read.too-long", f"At most {LINES} equations are read.", (0, 1)).within(block)
    found: list[tuple[str, Reading | Unreadable]] = []
    plain = re.sub(r"\\(begin|end)\{[a-z]+\*?\}", lambda gone: " " * len(gone[0]), block)
    for start, line in _lines(plain):
        if not line.strip(" \t\r&$"):
            continue
        sign = next((char for char in line if char in "=:"), "")
        left, _, right = line.partition(sign) if sign else (line, "", "")
        known = name(left.replace("&", " ").replace("$", " "), names) if sign else None
        if known is None:
            raise Unreadable(
                "read.left-side",
                "This line has no name of the problem on its left.",
                (start, start + len(line)),
                expected="a line such as x_bar = …",
            ).within(block)
        try:
            found.append((known, equation(right.replace("&", " "), names)))
        except Unreadable as error:
            found.append((known, error))
    return tuple(found)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for match in re.finditer(r"\\\\|;|\n|$", text):
        yield start, text[start : match.start()]
        start = match.end()


def name(text: str, names: Collection[str]) -> str | None:
    """The canonical spelling of a declared name or of the error signal of one (``\\bar{x}`` is ``x_bar``), or None."""
    try:
        source = _Text(text, "equation", names, bars=True)
        found = single(source.lexed().tokens, source.end)
    except Unreadable:
        return None
    return found.name if isinstance(found, Name) else None


def edges(text: str, names: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Edges of a graph: ``x -> z1``, ``x -> z1 -> h``, ``x, y -> z``, ``z1 <- x``, several of them parted by ``;``."""
    with _located(text):
        if len(text) > SHORT:
            raise Unreadable(
                "read.too-long", f"This has {len(text)} characters; at most {SHORT} are read.", (SHORT, SHORT + 1)
            )
        found: list[tuple[str, str]] = []
        for start, line in _lines(text):
            found.extend(_edge(line, start, names))
        return tuple(dict.fromkeys(found))


_ARROW = re.compile(
    r"\\(?:to|rightarrow|longrightarrow|Rightarrow)(?![A-Za-z])|[-=]+>|[→⟶⇒⟹]|\\(?:left|longleft|Left)arrow(?![A-Za-z])|\\gets(?![A-Za-z])|<[-=]+|[←⟵⇐]"
)


def _edge(text: str, start: int, names: Collection[str]) -> Iterator[tuple[str, str]]:
    stripped = text.strip(" \t\r$,.")
    if not stripped:
        return
    pieces = _ARROW.split(text)
    if len(pieces) < 2:
        raise Unreadable("read.edge", "This is not an edge.", (start, start + len(text)), expected="an arrow: x -> z1")
    groups, at = [], start
    for piece in pieces:
        groups.append(
            [
                _vertex(one, at + piece.find(one), names)
                for one in re.split(r",|\band\b|&", piece.strip(" $.{}()[],\t\r"))
                if one.strip()
            ]
        )
        if not groups[-1]:
            raise Unreadable("read.edge", "One end of this arrow is missing.", (at, at + max(1, len(piece))))
        at += len(piece)
    for arrow, left, right in zip(_ARROW.findall(text), groups, groups[1:]):
        backwards = arrow[0] in "<←⟵⇐" or "left" in arrow.lower() or "gets" in arrow
        for one in left:
            for other in right:
                yield (other, one) if backwards else (one, other)


def _vertex(text: str, start: int, names: Collection[str]) -> str:
    found = name(text.strip(), names)
    if found is None or found not in names:
        raise slips.unknown(text.strip(), (start, start + len(text)), names)
    return found


def _unquoted(text: str) -> str:
    """The text with quotation marks or code marks around all of it blanked out, positions kept."""
    for _ in range(3):
        body = text.strip()
        for opening, closing in (('"', '"'), ("“", "”"), ("`", "`"), ("'", "'"), ("**", "**"), ("«", "»"), ("„", "“")):
            if len(body) > 2 * len(opening) and body.startswith(opening) and body.endswith(closing):
                left, right = text.index(opening), text.rindex(closing)
                blank = " " * len(opening)
                text = text[:left] + blank + text[left + len(opening) : right] + blank + text[right + len(closing) :]
                break
        else:
            break
    return text


class _located:
    """Adds the whole text to an error, so that it can show the place."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Unreadable) and not error.text:
            error.within(self._text)


__all__ = [
    "Array",
    "Comparison",
    "Number",
    "Reading",
    "Unreadable",
    "activation",
    "array",
    "as_node",
    "condition",
    "edges",
    "equation",
    "equations",
    "formula",
    "name",
    "number",
    "order",
    "predicate",
    "replace",
    "token",
]  # fmt: skip
