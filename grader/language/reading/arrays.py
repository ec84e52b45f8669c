"""Vectors and matrices: from a typed text to an array of numbers, without labels and wrappers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, dropwhile

from lark import Token

from grader.language import arrays, parsing, words
from grader.language.building import array as rows_of, place, span, value as as_value
from grader.language.cleaning import blank
from grader.language.nodes import Transpose
from grader.language.reading.source import Reading, Text, comma, concluded, ended, located, partner, split, word
from grader.language.unreadable import Unreadable
from grader.language.words import listed

_MARKED = {
    "numbered": (
        re.compile(r"\s*1[.)][ \t]+[^\s,;&]+[ \t]*(\n\s*[0-9]+[.)][ \t]+[^\s,;&]+[ \t]*)+\s*"),
        "the numbers at the start of the lines count the lines",
    ),
    "bullets": (
        re.compile(r"\s*[-–−] +[^\n]*(\n\s*[-–−] +[^\n]*)+\s*"),
        "these dashes are minus signs or the bullets of a list",
    ),
}
_BARRED = re.compile(r"\s*\|[^\n]*\|[ \t]*(\n[ \t]*\|[^\n]*\|[ \t]*)+\s*")
_RULE = re.compile(r"(?m)^[ \t]*\|[-:| \t]+\|[ \t]*$")
_OUTER = re.compile(r"(?m)^([ \t]*)\||\|(?=[ \t]*$)")
"""Rows between bars, each on a line of its own; the rule below the head of such a table; the bars at the ends."""
_PARTED = re.compile(r",(?=\s)|[;|\n]|\s+|\\\\")
_DECIMAL = re.compile(r"[-+−]?[0-9]+,[0-9]+")


def vector(text: str) -> Reading:
    """A list of numbers, as ``array`` reads it; where commas may be decimal ones it is refused."""
    entries = [entry for entry in _PARTED.split(text.strip(" \t\r\n$.[](){}")) if entry]
    commas = [entry for entry in entries if "," in entry]
    if len(commas) > 1 and all(_DECIMAL.fullmatch(entry) for entry in commas):
        at = text.index(commas[0])
        message = "It is not clear whether this comma parts two entries or stands in a decimal."
        hint = "Write decimals with a point, and one sign between the entries: [0.5, 7, 9]."
        with located(text):
            raise Unreadable("read.decimal-comma", message, (at, at + len(commas[0])), hint=hint)
    return array(text)


def array(text: str) -> Reading:
    """A vector or matrix of exact numbers: an ``Array`` of numbers, or of rows of numbers."""
    with located(text):
        for mark, (pattern, doubt) in _MARKED.items():
            if pattern.fullmatch(text):
                raise Unreadable(f"read.{mark}", f"It is not clear whether {doubt}.", (0, 1))
        if _BARRED.fullmatch(text):
            text = _OUTER.sub(lambda bar: "]" if bar[1] is None else f"{bar[1]}[", _RULE.sub(blank, text))
        source = Text(text, "array", ())
        tokens, remarks = source.lexed()
        members, transposed = _trimmed(tokens, source.text)
        values = []
        for member in members:
            body = source.body(member)
            alone = not body.listed and len(body.rows) == 1
            found = as_value(body.rows[0][0]) if alone else rows_of(body)
            parsing.bounded(found)
            values.append(arrays.evaluate(Transpose(found, span=found.span) if transposed else found))
        return Reading(values[-1], tuple(values), remarks)


_WRAPPERS = listed("""the a symmetric array matrix tensor vector list column row vec mat asarray float64 ndarray""")
_TAILS = listed("""vector matrix column row as a the symmetric transpose transposed float dtype int units""")


def _trimmed(tokens: list[Token], text: str) -> tuple[list[list[Token]], bool]:
    """The members of a chain of arrays without labels and wrappers, and whether the label was a transposed one."""
    slashes(tokens, text)
    indexed(tokens)
    tokens = [
        comma(one) if one.type == "AND" else one
        for one, before in zip(tokens, [None, *tokens])
        if one.type != "AND" or before is None or before.type != "COMMA"
    ]
    tokens = _entry_labels(ended(_unwrapped(_rows(factored(tokens)))))
    pieces, signs = split(tokens, _names)
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


def _names(one: Token) -> bool:
    """Whether what stands before this token only says what the list is."""
    return word(one) in ("is", "are", "equals") or one == "=" or one.type in ("COLON", "APPROX", "ASSIGN")


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
    """Where blanks part the entries, the sign between groups of equal size parts rows: ``1 2, 3 4``."""
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
        else:
            _one_separator(commas)
    return result


def _even(signs: list[Token], outer: str) -> bool:
    """Whether as many entries, more than one, stand before, between and after the outer signs."""
    rows = "".join("\n" if sign == outer else "." for sign in signs).split("\n")
    return len(set(rows)) == 1 and rows[0] != ""


def _one_separator(commas: list[Token]) -> None:
    """Raises ``Unreadable`` where commas part some numbers of a list and blanks others: ``[5, 1 7, 9]``."""
    blanks = [one for one in commas if not one]
    if blanks and any(one == "," for one in commas):
        at = blanks[0].start_pos or 0
        message = "Commas part the entries of this list, and here a blank stands between two numbers."
        raise Unreadable("read.separators", message, (max(at - 1, 0), at))


def _names_only(tokens: list[Token]) -> bool:
    while len(tokens) > 1 and word(tokens[0]) in words.PREFIXES:
        tokens = tokens[2 if tokens[1].type == "COMMA" else 1 :]
    return all(
        one.type in ("WORD", "TRANSPOSE", "NUMBER", "UNDERSCORE", "OPEN", "CLOSE", "PRIME", "FUNCTION")
        for one in tokens
    ) and (not tokens or tokens[0].type in ("WORD", "FUNCTION"))


_OPTIONS = listed("""dtype device requires ndmin copy""")


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


_LABEL = re.compile(r"WORD (?:NUMBER|UNDERSCORE (?:NUMBER|OPEN NUMBER CLOSE|LOPEN NUMBER LCLOSE)) RELATION ")


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


_OPEN = ("OPEN", "LOPEN")
_CLOSE = ("CLOSE", "LCLOSE")


def slashes(tokens: list[Token], text: str) -> None:
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


def factored(tokens: list[Token]) -> list[Token]:
    """A matrix and what stands beside it, ``[[1, 2], [3, 4]] [1, 1]``, are a product and no list of two.

    Raises ``Unreadable`` for plain lists side by side without a sign: the rows of a matrix, or a product.
    """
    kept: list[Token] = []
    partners = partner(tokens)
    depth = 0
    for index, one in enumerate(tokens):
        depth += (one.type in _OPEN) - (one.type in _CLOSE)
        blank = one.type == "COMMA" and not one and depth == 0
        if blank and index - 1 in partners and index + 1 in partners:
            before, after = tokens[partners[index - 1] : index], tokens[index + 1 : partners[index + 1] + 1]
            if 2 in (_levels(before), _levels(after)):
                continue
            if [sign.type for sign in tokens[: index - len(before)][-1:]] == ["NUMBER"]:
                # 6 [1, 2] [3, 4]: what the factor belongs to cannot be told.
                raise _doubtful(one)
        if one.type in _OPEN and index in partners and tokens[index - 1].type in _CLOSE and index - 1 in partners:
            before, after = tokens[partners[index - 1] : index], tokens[index : partners[index] + 1]
            signs = [[str(sign) for sign in part if sign.type in ("COMMA", "ROW")] for part in (before, after)]
            turned = [sign.type for sign in tokens[index + len(after) :][:1]] == ["TRANSPOSE"]
            plain = all(_levels(part) == 1 and part[0] == before[0] for part in (before, after))
            if plain and signs[0] == signs[1] and signs[0] and set(signs[0]) <= {",", ""} and not turned:
                raise _doubtful(one)
        kept.append(one)
    return kept


def _doubtful(one: Token) -> Unreadable:
    return Unreadable("read.lists", "These lists may be the rows of a matrix, or be multiplied.", place(one))


def _levels(tokens: list[Token]) -> int:
    return max(accumulate((one.type in _OPEN) - (one.type in _CLOSE) for one in tokens))


def indexed(tokens: list[Token]) -> None:
    """Raises ``Unreadable`` for an entry asked of a list: ``[5, 6][0]``."""
    for index in range(1, len(tokens) - 2):
        kinds = [one.type for one in tokens[index - 1 : index + 3]]
        if kinds == ["LCLOSE", "LOPEN", "NUMBER", "LCLOSE"] and tokens[index] == tokens[index + 2].replace("]", "["):
            where = span(tokens[index : index + 3])
            raise Unreadable("read.index", "This asks for one entry of a list.", where, hint="Give the list itself.")
