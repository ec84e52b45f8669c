"""Vectors and matrices: from a typed text, without labels and wrappers, to exact numbers; sums and products of them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import partial, reduce
from itertools import accumulate, chain, dropwhile
from typing import Union

from lark import Token

from grader.frozen import frozen
from grader.language import exact, parsing, words
from grader.language.building import array as rows_of, place, span, value as as_value
from grader.language.cleaning import blank
from grader.language.nodes import Array, Call, Meaning, Negative, Node, Number, Product, Span, Sum, Transpose
from grader.language.reading.source import Reading, Text, comma, concluded, ended, located, partner, split, word
from grader.language.unreadable import Unreadable
from grader.language.words import listed

_MARKED = (
    (
        "numbered",
        re.compile(r"\s*1[.)][ \t]+[^\s,;&]+[ \t]*(\n\s*[0-9]+[.)][ \t]+[^\s,;&]+[ \t]*)+\s*"),
        "the numbers at the start of the lines count the lines",
    ),
    (
        "bullets",
        re.compile(r"\s*[-–−] +[^\n]*(\n\s*[-–−] +[^\n]*)+\s*"),
        "these dashes are minus signs or the bullets of a list",
    ),
)
_BARRED = re.compile(r"\s*\|[^\n]*\|[ \t]*(\n[ \t]*\|[^\n]*\|[ \t]*)+\s*")
_RULE = re.compile(r"(?m)^[ \t]*\|[-:| \t]+\|[ \t]*$")
_OUTER = re.compile(r"(?m)^([ \t]*)\||\|(?=[ \t]*$)")
"""Rows between bars, each on a line of its own; the rule below the head of such a table; the bars at the ends."""
_PARTED = re.compile(r",(?=\s)|[;|\n]|\s+|\\\\")
_DECIMAL = re.compile(r"[-+−]?[0-9]+,[0-9]+")


def vector(text: str) -> Reading:
    """A list of numbers, as ``array`` reads it; where commas may be decimal ones it is refused."""
    commas = [entry for entry in _PARTED.split(text.strip(" \t\r\n$.[](){}")) if "," in entry]
    if len(commas) > 1 and all(map(_DECIMAL.fullmatch, commas)):
        at = text.index(commas[0])
        message = "It is not clear whether this comma parts two entries or stands in a decimal."
        hint = "Write decimals with a point, and one sign between the entries: [0.5, 7, 9]."
        with located(text):
            raise Unreadable("read.decimal-comma", message, (at, at + len(commas[0])), hint=hint)
    return array(text)


def array(text: str) -> Reading:
    """A vector or matrix of exact numbers: an ``Array`` of numbers, or of rows of numbers."""
    with located(text):
        for mark, pattern, doubt in _MARKED:
            if pattern.fullmatch(text):
                raise Unreadable(f"read.{mark}", f"It is not clear whether {doubt}.", (0, 1))
        if _BARRED.fullmatch(text):
            text = _OUTER.sub(lambda bar: "]" if bar[1] is None else f"{bar[1]}[", _RULE.sub(blank, text))
        typed = Text(text, "array", ())
        tokens, remarks = typed.lexed()
        members, transposed = _trimmed(tokens, typed.text)
        values = []
        for member in members:
            body = typed.body(member)
            alone = not body.listed and len(body.rows) == 1
            found = as_value(body.rows[0][0]) if alone else rows_of(body)
            parsing.bounded(found)
            values.append(_evaluated(Transpose(found, span=found.span) if transposed else found))
        return Reading(values[-1], tuple(values), remarks)


_WRAPPERS = listed("""the a symmetric array matrix tensor vector list column row vec mat asarray float64 ndarray""")
_TAILS = listed("""vector matrix column row as a the symmetric transpose transposed float dtype int units""")
_OPTIONS = listed("""dtype device requires ndmin copy""")
_LABEL = re.compile(r"WORD (?:NUMBER|UNDERSCORE (?:NUMBER|OPEN NUMBER CLOSE|LOPEN NUMBER LCLOSE)) RELATION ")
_LABELLED = ("WORD", "TRANSPOSE", "NUMBER", "UNDERSCORE", "OPEN", "CLOSE", "PRIME", "FUNCTION")
_OPEN = ("OPEN", "LOPEN")
_CLOSE = ("CLOSE", "LCLOSE")


def _trimmed(tokens: list[Token], text: str) -> tuple[list[list[Token]], bool]:
    """The members of a chain of arrays without labels and wrappers, and whether the label was a transposed one."""
    _refuse_slashes(tokens, text)
    _refuse_index(tokens)
    tokens = [
        comma(one) if one.type == "AND" else one
        for one, before in zip(tokens, [None, *tokens])
        if one.type != "AND" or before is None or before.type != "COMMA"
    ]
    tokens = _entry_labels(ended(_unwrapped(_rows(_factored(tokens)))))
    pieces, signs = split(
        tokens,
        lambda one: word(one) in ("is", "are", "equals") or one == "=" or one.type in ("COLON", "APPROX", "ASSIGN"),
    )
    transposed = False
    if len(pieces) > 1 and _names_only(pieces[-1]):
        pieces = pieces[:-1]
    while len(pieces) > 1 and _names_only(pieces[0]):
        transposed = bool(pieces[0]) and pieces[0][-1].type == "TRANSPOSE"
        pieces = pieces[1:]
    if set(signs) == {"="}:  # a step in symbols, 5w in p = 5w = (5, 10), is no list: those on either side of it count
        pieces = [piece for piece in pieces if not _symbolic(piece)] or pieces
    started = (dropwhile(lambda one: one.type in ("COMMA", "ROW"), ended(piece)) for piece in pieces)
    return [concluded(list(piece), _TAILS.__contains__) for piece in started], transposed


def _symbolic(tokens: list[Token]) -> bool:
    """Whether it holds the name of something, a letter or a letter with a number, and neither a list nor words."""
    letters = [str(one).rstrip("0123456789") for one in tokens if one.type in ("WORD", "NAME")]
    listed = any(one.type in ("COMMA", "ROW", "MATRIX") for one in tokens)
    return bool(letters) and max(map(len, letters)) == 1 and not listed


def _inside(tokens: list[Token]) -> Iterator[tuple[int, list[int]]]:
    """For each bracket, inner ones first, and the whole: how deep it is, and the places of what is directly in it."""
    levels: list[list[int]] = [[]]
    for at, one in enumerate(tokens):
        if one.type in ("OPEN", "LOPEN", "MATRIX"):
            levels.append([])
        elif one.type in ("CLOSE", "LCLOSE", "MATRIXEND") and len(levels) > 1:
            yield len(levels) - 1, levels.pop()
        else:
            levels[-1].append(at)
    yield 0, levels[0]


def _rows(tokens: list[Token]) -> list[Token]:
    """Where blanks part the entries, the sign between groups of equal size parts rows: ``1 2, 3 4``.

    Raises ``Unreadable`` where commas part some numbers of a list and blanks others: ``[5, 1 7, 9]``.
    """
    result = list(tokens)
    for depth, places in _inside(tokens):
        signs = [at for at in places if tokens[at].type in ("COMMA", "ROW", "RELATION", "NEWLINE")]
        if not signs or places.index(signs[-1]) - places.index(signs[0]) < signs[-1] - signs[0]:
            continue  # a bracket stands between them
        commas = [tokens[at] for at in signs if tokens[at].type == "COMMA"]
        seen = set(map(str, commas))
        outer = next((sign for sign in ("|", ",\n") if sign in seen and len(seen) > 1), ",")
        mixed = (outer != "," or seen == {"", ","}) and len(commas) == len(signs)
        if mixed and _even(commas, outer) and depth < 2:
            for at in signs:
                if tokens[at] == outer:
                    result[at] = tokens[at].update(type="ROW", value=";")
        elif {"", ","} <= seen:
            at = next(one for one in commas if not one).start_pos or 0
            message = "Commas part the entries of this list, and here a blank stands between two numbers."
            raise Unreadable("read.separators", message, (max(at - 1, 0), at))
    return result


def _even(signs: list[Token], outer: str) -> bool:
    """Whether as many entries, more than one, stand before, between and after the outer signs."""
    rows = "".join("\n" if sign == outer else "." for sign in signs).split("\n")
    return len(set(rows)) == 1 and rows[0] != ""


def _names_only(tokens: list[Token]) -> bool:
    while len(tokens) > 1 and word(tokens[0]) in words.PREFIXES:
        tokens = tokens[2 if tokens[1].type == "COMMA" else 1 :]
    return all(one.type in _LABELLED for one in tokens) and (not tokens or tokens[0].type in ("WORD", "FUNCTION"))


def _unwrapped(tokens: list[Token]) -> list[Token]:
    """Without ``np.array(``, ``tensor(…, dtype=…)`` and words such as ``column vector`` before a bracket."""
    kept: list[Token] = []
    optional = False
    for one, following in zip(tokens, [*tokens[1:], Token("END", "")]):
        after = str(following).lower()
        optional = (optional or (one.type == "COMMA" and after in _OPTIONS)) and one.type != "CLOSE"
        bracketed = following.type in ("OPEN", "LOPEN", "MATRIX") or after in _WRAPPERS
        if not optional and not (bracketed and word(one) in _WRAPPERS):
            kept.append(one)
    return kept


def _entry_labels(tokens: list[Token]) -> list[Token]:
    """``z1 = 6, z2 = 12`` entry by entry: the labels dropped, if they count 1, 2, 3 (or 0, 1, 2) in order."""
    kept: list[Token] = []
    numbers: list[str] = []
    letters: set[str] = set()
    at = 0
    while at < len(tokens):
        label = _LABEL.match("".join(f"{one.type} " for one in tokens[at : at + 6]))
        size = label[0].count(" ") if label and len(tokens[at]) == 1 else 0
        if size:
            numbers += [str(one) for one in tokens[at : at + size] if one.type == "NUMBER"]
            letters.add(str(tokens[at]))
        else:
            kept.append(tokens[at])
        at += size or 1
    counted = [[str(number) for number in range(first, first + len(numbers))] for first in (0, 1)]
    return kept if len(numbers) > 1 and len(letters) == 1 and numbers in counted else tokens


def _refuse_slashes(tokens: list[Token], text: str) -> None:
    """Raises ``Unreadable`` where a slash may part two rows, as in ``1 2 / 3 4``, or be that of a fraction."""
    for depth, places in _inside(tokens):
        whole = [tokens[at] for at in places]
        level = [sign for sign in whole if sign.type in ("COMMA", "ROW") or sign == "/"]
        slashes = [sign for sign in level if sign == "/"]
        blank = all(sign == "/" or (sign.type == "COMMA" and not sign) for sign in level) and (
            len(slashes) > 1 or [str(sign) for sign in level[:2]] == ["", ""]
        )
        chained = len(slashes) > 1 and all(sign.type == "NUMBER" or sign == "/" for sign in whole) and depth
        apart = all(
            text[(sign.start_pos or 1) - 1].isspace() and text[sign.end_pos or 0 :][:1].isspace() for sign in slashes
        )
        if chained or (slashes and _even(level, "/") and (blank or apart)):
            message = "This slash may part two rows, or be that of a fraction."
            raise Unreadable("read.slash", message, place(slashes[0]))


def _refuse_index(tokens: list[Token]) -> None:
    """Raises ``Unreadable`` for an entry asked of a list: ``[5, 6][0]``."""
    for index in range(1, len(tokens) - 2):
        kinds = [one.type for one in tokens[index - 1 : index + 3]]
        if kinds == ["LCLOSE", "LOPEN", "NUMBER", "LCLOSE"] and tokens[index] == tokens[index + 2].replace("]", "["):
            where = span(tokens[index : index + 3])
            raise Unreadable("read.index", "This asks for one entry of a list.", where, hint="Give the list itself.")


def _factored(tokens: list[Token]) -> list[Token]:
    """A matrix and what stands beside it, ``[[1, 2], [3, 4]] [1, 1]``, are a product and no list of two.

    Raises ``Unreadable`` for plain lists side by side without a sign: the rows of a matrix, or a product.
    """
    kept: list[Token] = []
    partners = partner(tokens)
    depth = 0
    for index, one in enumerate(tokens):
        depth += (one.type in _OPEN) - (one.type in _CLOSE)
        blank = one.type == "COMMA" and not one and depth == 0
        doubtful = False
        if blank and index - 1 in partners and index + 1 in partners:
            before, after = tokens[partners[index - 1] : index], tokens[index + 1 : partners[index + 1] + 1]
            if 2 in (_levels(before), _levels(after)):
                continue
            # 6 [1, 2] [3, 4]: what the factor belongs to cannot be told.
            doubtful = [sign.type for sign in tokens[: index - len(before)][-1:]] == ["NUMBER"]
        if one.type in _OPEN and index in partners and tokens[index - 1].type in _CLOSE and index - 1 in partners:
            before, after = tokens[partners[index - 1] : index], tokens[index : partners[index] + 1]
            signs = [[str(sign) for sign in part if sign.type in ("COMMA", "ROW")] for part in (before, after)]
            turned = [sign.type for sign in tokens[index + len(after) :][:1]] == ["TRANSPOSE"]
            plain = all(_levels(part) == 1 and part[0] == before[0] for part in (before, after))
            doubtful = plain and signs[0] == signs[1] != [] and set(signs[0]) <= {",", ""} and not turned
        if doubtful:
            message = "These lists may be the rows of a matrix, or be multiplied."
            raise Unreadable("read.lists", message, place(one))
        kept.append(one)
    return kept


def _levels(tokens: list[Token]) -> int:
    return max(accumulate((one.type in _OPEN) - (one.type in _CLOSE) for one in tokens))


# What the nodes are worth

_ENTRIES = 20_000
"""As many multiplications a product of matrices may take."""


@frozen
class Matrix:
    """Rows of equal length. A ``flat`` one was typed as a plain list, neither a row nor a column yet; a
    ``turned`` one is the transpose of such a list.
    """

    rows: tuple[tuple[Fraction, ...], ...]
    flat: bool = False
    turned: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.rows[0])

    @property
    def transposed(self) -> Matrix:
        return Matrix(tuple(zip(*self.rows)))

    def __str__(self) -> str:
        return f"({self.shape[1]})" if self.flat else f"{self.shape[0]}×{self.shape[1]}"


Value = Union[Fraction, Matrix]


def _evaluated(node: Node) -> Array:
    """The array that the node is worth, with numbers as entries: flat for a plain list, rows of numbers otherwise.

    Raises ``Unreadable`` for anything else: a number alone, ragged rows, shapes that do not fit, unknown names.
    """
    try:
        result = _Worth().of(node)
    except exact.Undefined as error:
        raise Unreadable("read.too-large", f"This holds {error}.", node.span) from None
    if isinstance(result, Fraction):
        raise Unreadable("read.not-an-array", "This is a number; a list of numbers is asked for.", node.span)
    rows = [tuple(map(Number, row)) for row in result.rows]
    return Array(rows[0] if result.flat else tuple(map(Array, rows)), span=node.span)


class _Worth(Meaning["Value"]):
    """A number, or a matrix; what has no meaning here must be a number."""

    def array_(self, node: Array) -> Value:
        entries = [self.of(entry) for entry in node.entries]
        numbers = tuple(entry for entry in entries if isinstance(entry, Fraction))
        if len(numbers) == len(entries):
            return Matrix((numbers,), flat=True)
        rows: list[tuple[Fraction, ...]] = []
        for typed, entry in zip(node.entries, entries):
            if isinstance(entry, Fraction):
                raise Unreadable("read.ragged", "A number stands beside a row.", typed.span)
            if not entry.flat and len(entry.rows) != 1 and not (len(entries) > 1 and entry.shape[1] == 1):
                raise Unreadable("read.not-an-array", "There are more than two levels of brackets.", typed.span)
            # Columns side by side, as in [a^T, b^T], are rare; a column among rows stands for its entries.
            rows.append(entry.rows[0] if len(entry.rows) == 1 else tuple(row[0] for row in entry.rows))
            if len(rows[-1]) != len(rows[0]):
                counted = "entry" if len(rows[-1]) == 1 else "entries"
                message = f"Row {len(rows)} has {len(rows[-1])} {counted}, the first row has {len(rows[0])}."
                raise Unreadable("read.ragged", message, typed.span)
        return Matrix(tuple(rows))

    def negative_(self, node: Negative) -> Value:
        return _scaled(Fraction(-1), self.of(node.operand))

    def transpose_(self, node: Transpose) -> Value:
        inner = self.of(node.operand)
        return inner if isinstance(inner, Fraction) else Matrix(inner.transposed.rows, turned=inner.flat)

    def sum_(self, node: Sum) -> Value:
        return reduce(partial(_added, node.span), map(self.of, node.terms))

    def product_(self, node: Product) -> Value:
        total = self.of(node.factors[0])
        for sign, factor in zip(node.signs, node.factors[1:]):
            operand = self.of(factor)
            if sign == "/" and (not isinstance(operand, Fraction) or operand == 0):
                raise Unreadable("read.division", "This divides by zero or by a list.", factor.span)
            if isinstance(operand, Fraction):
                total = _scaled(1 / operand if sign == "/" else operand, total)
            elif isinstance(total, Fraction):
                total = _scaled(total, operand)
            else:
                total = _multiplied(total, operand, sign == "∘", node.span)
        return total

    def call_(self, node: Call) -> Value:
        if node.function not in ("diag", "eye", "zeros", "ones", "sum"):
            return self.other(node)
        return _built(node.function, [self.of(argument) for argument in node.arguments], node.span)

    def other(self, node: Node) -> Fraction:
        try:
            return exact.value(node)
        except exact.Undefined as error:
            message, expected = f"This entry is not a number: {error}.", "a number such as 2, -0.5 or 1/2"
            raise Unreadable("read.not-a-number", message, node.span, expected=expected) from None


def _scaled(factor: Fraction, operand: Value) -> Value:
    if isinstance(operand, Fraction):
        return exact.bounded(factor * operand)
    return Matrix(tuple(tuple(exact.bounded(factor * entry) for entry in row) for row in operand.rows), operand.flat)


def _by_entries(joined: Callable[[Fraction, Fraction], Fraction], left: Matrix, right: Matrix) -> Matrix:
    rows = (tuple(map(exact.bounded, map(joined, one, other))) for one, other in zip(left.rows, right.rows))
    return Matrix(tuple(rows), left.flat and right.flat)


def _added(span: Span, left: Value, right: Value) -> Value:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return exact.bounded(left + right)
    if isinstance(left, Fraction) or isinstance(right, Fraction):
        raise Unreadable("read.shapes", "A number cannot be added to a list of numbers.", span)
    if left.flat != right.flat and left.shape == right.transposed.shape:
        # A plain list beside a column is a column.
        left, right = (left.transposed, right) if left.flat else (left, right.transposed)
    if left.shape != right.shape:
        raise Unreadable("read.shapes", f"Arrays of shapes {left} and {right} cannot be added.", span)
    return _by_entries(operator.add, left, right)


def _multiplied(left: Matrix, right: Matrix, elementwise: bool, span: Span) -> Value:
    if elementwise and left.shape == right.shape:
        return _by_entries(operator.mul, left, right)
    # A plain list is a column where only that fits, as in A [1,2,3]; v v^T and v^T v of lists are both meant as the
    # matrix, since the number is not what anyone is asked for.
    if left.flat and right.turned:
        left, right = left.transposed, right.transposed
    if right.flat and left.shape[1] == right.shape[1] != 1:
        right = right.transposed
    if left.flat and right.shape[0] == 1 and left.shape[1] != 1:
        left = left.transposed
    if left.shape[1] != right.shape[0]:
        raise Unreadable("read.shapes", f"Arrays of shapes {left} and {right} cannot be multiplied.", span)
    if left.shape[0] * left.shape[1] * right.shape[1] > _ENTRIES:
        raise Unreadable("read.too-long", "This product is too large to be worked out here.", span)
    columns = right.transposed.rows
    rows = tuple(tuple(_total(map(operator.mul, row, column)) for column in columns) for row in left.rows)
    return rows[0][0] if len(rows) == len(columns) == 1 else Matrix(rows)


def _total(numbers: Iterable[Fraction]) -> Fraction:
    return exact.bounded(sum(numbers, Fraction(0)))


def _built(function: str, arguments: list[Value], span: Span) -> Value:
    first = arguments[0] if arguments else Fraction(0)
    if function == "sum":
        return first if isinstance(first, Fraction) else _total(chain.from_iterable(first.rows))
    sizes = first.rows[0] if isinstance(first, Matrix) else tuple(a for a in arguments if isinstance(a, Fraction))
    if function == "diag":
        entries = sizes if isinstance(first, Fraction) or len(first.rows) == 1 else ()
        if not 0 < len(entries) <= 100:
            raise Unreadable("read.not-an-array", "diag takes a list of at most 100 numbers.", span, hint="")
        places = range(len(entries))
        return Matrix(tuple(tuple(entries[i] * (i == j) for j in places) for i in places))
    if not 1 <= len(sizes) <= 2 or not all(size.denominator == 1 and 1 <= size <= 100 for size in sizes):
        raise Unreadable("read.not-an-array", f"{function} takes one or two sizes from 1 to 100.", span, hint="")
    height, width = int(sizes[0]), int(sizes[-1])
    if function == "eye":
        return Matrix(tuple(tuple(Fraction(i == j) for j in range(width)) for i in range(height)))
    row = (Fraction(function == "ones"),) * width
    return Matrix((row,), flat=True) if len(sizes) == 1 else Matrix((row,) * height)
