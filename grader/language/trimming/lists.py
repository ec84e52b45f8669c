"""Lists beside lists and slashes inside them: what may be meant in two ways is refused."""

from __future__ import annotations

from lark import Token

from grader.language.unreadable import Unreadable

_OPEN = ("OPEN", "LOPEN")
_CLOSE = ("CLOSE", "LCLOSE")


def slashes(tokens: list[Token], text: str) -> None:
    """Raises ``Unreadable`` where a slash may part two rows, as in ``1 2 / 3 4``, or be that of a fraction."""
    levels: list[list[Token]] = [[]]
    for one in [*tokens, Token("CLOSE", "")]:
        if one.type in _OPEN:
            levels.append([])
        elif one.type in _CLOSE:
            whole = levels.pop() if len(levels) > 1 or one == "" else []
            level = [sign for sign in whole if sign.type in ("COMMA", "ROW") or sign == "/"]
            slashes = [sign for sign in level if sign == "/"]
            sizes = [1]
            for sign in level:
                sizes = [*sizes, 1] if sign == "/" else [*sizes[:-1], sizes[-1] + 1]
            blank = all(sign == "/" or (sign.type == "COMMA" and not sign) for sign in level) and (
                len(slashes) > 1 or sizes[0] > 2
            )
            chained = len(slashes) > 1 and all(sign.type == "NUMBER" or sign == "/" for sign in whole) and one != ""
            apart = all(
                text[(sign.start_pos or 1) - 1].isspace() and text[sign.end_pos or 0 :][:1].isspace()
                for sign in slashes
            )
            if chained or (slashes and len(set(sizes)) == 1 and sizes[0] > 1 and (blank or apart)):
                raise Unreadable(
                    "read.slash",
                    "This slash may part two rows, or be that of a fraction.",
                    (slashes[0].start_pos or 0, slashes[0].end_pos or 0),
                    hint="Part rows by a semicolon, [5 6; 7 8], and put commas around fractions, [5, 1/7].",
                )
        else:
            levels[-1].append(one)


def factored(tokens: list[Token]) -> list[Token]:
    """A matrix with a plain list behind it, ``[[1, 2], [3, 4]] [1, 1]``, is a product and no list of two.

    Raises ``Unreadable`` for plain lists side by side without a sign: the rows of a matrix, or a product.
    """
    kept: list[Token] = []
    partners = _partners(tokens)
    depth = 0
    for index, one in enumerate(tokens):
        depth += (one.type in _OPEN) - (one.type in _CLOSE)
        blank = one.type == "COMMA" and not one and 0 < index < len(tokens) - 1
        if blank and depth == 0 and index - 1 in partners and index + 1 in partners:
            before, after = _group(tokens, partners, index - 1), _group(tokens, partners, index + 1)
            if _levels(before) == 2 and _levels(after) == 1:
                continue
            if (
                tokens[index - len(before) - 1 : index - len(before)]
                and tokens[index - len(before) - 1].type == "NUMBER"
            ):
                # 6 [1, 2] [3, 4]: what the factor belongs to cannot be told.
                raise _doubtful(one)
        glued = one.type in _OPEN and index in partners and tokens[index - 1].type in _CLOSE and index - 1 in partners
        if glued:
            before, after = _group(tokens, partners, index - 1), _group(tokens, partners, index)
            signs = [[str(sign) for sign in part if sign.type in ("COMMA", "ROW")] for part in (before, after)]
            following = tokens[index + len(after) :][:1]
            plain = all(_levels(part) == 1 and part[0] == before[0] for part in (before, after))
            if (
                plain
                and signs[0] == signs[1]
                and "," in signs[0]
                and [sign.type for sign in following] != ["TRANSPOSE"]
            ):
                raise _doubtful(one)
        kept.append(one)
    return kept


def _doubtful(one: Token) -> Unreadable:
    return Unreadable(
        "read.lists",
        "These lists may be the rows of a matrix, or be multiplied.",
        (one.start_pos or 0, one.end_pos or 0),
        hint="Write a matrix as [[5, 6], [7, 8]].",
    )


def _partners(tokens: list[Token]) -> dict[int, int]:
    """For each bracket the place of the one that belongs to it."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for index, one in enumerate(tokens):
        if one.type in _OPEN:
            waiting.append(index)
        elif one.type in _CLOSE and waiting:
            found[waiting[-1]] = index
            found[index] = waiting.pop()
    return found


def _group(tokens: list[Token], partners: dict[int, int], at: int) -> list[Token]:
    """The bracket that opens, or closes, at this place, with all that it holds."""
    first, last = sorted((at, partners[at]))
    return tokens[first : last + 1]


def _levels(tokens: list[Token]) -> int:
    level = highest = 0
    for one in tokens:
        level += (one.type in _OPEN) - (one.type in _CLOSE)
        highest = max(highest, level)
    return highest


def indexed(tokens: list[Token]) -> None:
    """Raises ``Unreadable`` for an entry asked of a list: ``[5, 6][0]``."""
    for index in range(1, len(tokens) - 2):
        kinds = [one.type for one in tokens[index - 1 : index + 3]]
        if kinds == ["LCLOSE", "LOPEN", "NUMBER", "LCLOSE"] and tokens[index] == tokens[index + 2].replace("]", "["):
            span = (tokens[index].start_pos or 0, tokens[index + 2].end_pos or 0)
            raise Unreadable("read.index", "This asks for one entry of a list.", span, hint="Give the list itself.")
