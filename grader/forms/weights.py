"""The numbers of a network as typed: fields by name, matrices from lists or text, each number exact."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

from grader import document
from grader.forms.answer import Invalid, described
from grader.frozen import frozen
from grader.language import nodes, reading

ZERO = Fraction(0)
Row = tuple[Fraction, ...]

_PLAIN = re.compile(r"[+-]?(\d+(/\d+)?|(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?)")
_NOT_A_NUMBER = frozenset(
    ["true", "false", "yes", "no", "on", "off", "null", "none", "~", "nan", "inf", "infinity", "∞", "-inf", "+inf"]
)


@frozen
class Entry:
    """Numbers in their shape: () for a number, (n,) for a vector, (m, n) for a matrix; ``rows`` are its rows."""

    shape: tuple[int, ...]
    rows: tuple[Row, ...]
    line: int

    @property
    def flat(self) -> Row:
        return tuple(number for row in self.rows for number in row)


def shape(sizes: tuple[int, ...]) -> str:
    """A shape as messages describe it."""
    if len(sizes) == 2:
        return f"a {sizes[0]}×{sizes[1]} matrix"
    return f"a vector of {counted(sizes[0], 'number')}" if sizes else "a number"


def counted(number: int, noun: str) -> str:
    """``1 unit``, ``2 units``."""
    return f"{number} {noun}{'s' * (number != 1)}"


def empty(node: document.Node) -> bool:
    """Whether nothing was typed there."""
    return isinstance(node, document.Scalar) and node.empty


def by_field(
    value: document.Mapping, wanted: Mapping[str, tuple[str, ...]], place: str
) -> tuple[dict[str, document.Node], list[str]]:
    """Values by field, in any usual spelling (W^{(1)}, W_1), and a remark for each field that is not known.

    Raises ``Invalid`` for a field that is given twice.
    """
    known = {plain(spelling): name for name, spellings in wanted.items() for spelling in spellings}
    found: dict[str, document.Node] = {}
    remarks = []
    for key, node in value.entries:
        name = known.get(plain(key.text))
        if name is None:
            near = get_close_matches(plain(key.text), list(known), 1)
            meant = f"; did you mean {known[near[0]]}?" if near else ""
            remarks.append(
                f"{place}the field “{key.text[:40]}” (line {key.line}) is not known and was left aside{meant}"
            )
        elif name in found:
            raise Invalid(f"{place}{name} is given twice (again in line {key.line}).", key.line)
        else:
            found[name] = node
    return found, remarks


def plain(name: str) -> str:
    """A field's name without what its spellings differ in: ``W^{(1)}``, ``W_1`` and ``w1`` are one."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


class Reader:
    """Reads matrices, with a cap on the digits of a number."""

    def __init__(self, digits: int) -> None:
        self.digits = digits
        self._known: dict[str, Fraction] = {}  # a large network repeats few spellings

    def matrix(self, node: document.Node, field: str) -> Entry:
        """A number, vector or matrix. Raises ``Invalid`` that names the field, the row and the entry."""
        if isinstance(node, document.Scalar):
            if node.empty:
                raise Invalid(f"{field} is empty.", node.line)
            return self._typed(node, field)
        if not isinstance(node, document.Sequence):
            raise Invalid(f"{field}: here {described(node)} stands for numbers.", node.line)
        if not node.items:
            raise Invalid(f"{field} is an empty list.", node.line)
        if any(isinstance(item, document.Sequence) for item in node.items):
            rows: list[Row] = []
            for place, item in enumerate(node.items, 1):
                rows += self._rows(item, f"{field}, row {place}", alone=len(node.items) == 1)
            return self._stacked(rows, field, node)
        texts = [item.text for item in node.items if isinstance(item, document.Scalar)]
        if any(";" in text for text in texts) and len(texts) == len(node.items):
            # YAML cut MATLAB's [1, 2; 3, 4] at the commas.
            return self._typed(document.Scalar(node.line, text=f"[{', '.join(texts)}]"), field)
        values = [self._item(item, f"{field}, entry {place}") for place, item in enumerate(node.items, 1)]
        if all(not value.shape for value in values):
            return Entry((len(values),), (tuple(value.flat[0] for value in values),), node.line)
        return values[0] if len(values) == 1 else self._stacked([value.flat for value in values], field, node)

    def _rows(self, node: document.Node, field: str, alone: bool) -> Sequence[Row]:
        """A row of a matrix, or the rows that stand as text in its place."""
        if not isinstance(node, document.Sequence):
            return (self._item(node, field).flat,)
        known = [self._known.get(item.text) if isinstance(item, document.Scalar) else None for item in node.items]
        familiar = tuple(number for number in known if number is not None)
        if len(familiar) == len(known):
            return (familiar,)
        row = [self._item(one, f"{field}, entry {column}") for column, one in enumerate(node.items, 1)]
        if len(row) == 1 and (len(row[0].shape) == 1 or alone):
            return row[0].rows
        if any(value.shape for value in row):
            raise Invalid(f"{field}: lists within a row; a row is a list of numbers.", node.line)
        return (tuple(value.flat[0] for value in row),)

    def _stacked(self, rows: list[Row], field: str, node: document.Node) -> Entry:
        first = len(rows[0])
        for place, row in enumerate(rows, 1):
            if not row:
                raise Invalid(f"{field}: row {place} is empty.", node.line)
            if len(row) != first:
                raise Invalid(
                    f"{field}: row {place} has {len(row)} numbers and row 1 has {first}; rows must be equally long.",
                    node.line,
                )
        return Entry((len(rows), first), tuple(rows), node.line)

    def _item(self, node: document.Node, field: str) -> Entry:
        if isinstance(node, document.Scalar) and not node.empty:
            return self._typed(node, field)
        raise Invalid(f"{field}: here {described(node)} stands for a number.", node.line)

    def _typed(self, node: document.Scalar, field: str) -> Entry:
        text = node.text.strip()
        number = self._plain_number(text)
        if number is not None:
            self._known[node.text] = self._within(number, field, node.line)
            return Entry((), ((number,),), node.line)
        if text.casefold().lstrip("+-.") in _NOT_A_NUMBER:
            raise Invalid(f"{field}: “{text}” is not a number.", node.line)
        pieces = text.strip("[]();").split() if " " in text and "\n" not in text else []
        row = tuple(number for number in map(self._plain_number, pieces) if number is not None)
        if row and len(row) == len(pieces):
            return Entry((len(row),), (tuple(self._within(one, field, node.line) for one in row),), node.line)
        try:
            return Entry((), ((self._within(reading.number(text), field, node.line),),), node.line)
        except reading.Unreadable:
            return self._array(text, field, node)

    def _array(self, text: str, field: str, node: document.Scalar) -> Entry:
        try:
            found: Any = reading.array(text).node
        except reading.Unreadable as error:
            raise Invalid(f"{field} cannot be read as numbers.", node.line, *error.blocks()) from None
        nested = isinstance(found.entries[0], nodes.Array)
        rows = [
            tuple(self._within(one.value, field, node.line) for one in row.entries)
            for row in (found.entries if nested else (found,))
        ]
        return Entry((len(rows), len(rows[0])) if nested else (len(rows[0]),), tuple(rows), node.line)

    def _plain_number(self, text: str) -> Fraction | None:
        """What needs no grammar: 12, -0.5, 1e3, 1/2. A number never passes through a float."""
        if len(text) > 3 * self.digits + 20 or not _PLAIN.fullmatch(text):
            return None
        with suppress(ZeroDivisionError):
            return Fraction(text)
        return None

    def _within(self, number: Fraction, field: str, line: int) -> Fraction:
        if max(abs(number.numerator), number.denominator) >= 10**self.digits:
            raise Invalid(f"{field}: the number has more than {self.digits} digits.", line)
        return number
