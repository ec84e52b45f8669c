"""The members of a backward equation, and its cases in words."""

from __future__ import annotations

from itertools import pairwise

from lark import Token

from grader.language.trimming.activations import case_words, piecewise
from grader.language.trimming.tokens import Trimmed, comma, ended, lines
from grader.language.unreadable import Unreadable

_OPEN = frozenset(("OPEN", "LOPEN", "MATRIX", "CASES", "FLOOR", "BAR", "GIVEN"))
_CLOSE = frozenset(("CLOSE", "LCLOSE", "MATRIXEND", "CASESEND", "FLOOREND", "BAREND", "GIVENEND"))
_EQUALS = frozenset(("ASSIGN", "COLON", "APPROX"))


def equation(tokens: list[Token]) -> Trimmed:
    """The members of a chain of equalities one by one, cases in words as cases."""
    tokens = _joined(lines(_unbroken(ended(tokens)), refuse=True))
    return Trimmed([piecewise(_anded(member)) for member in _members(_punctuated(case_words(tokens)))])


def _joined(tokens: list[Token]) -> list[Token]:
    """Without the comma before an ``else``; a 6 at a bracket with one name in it is refused: it looks like a σ."""
    for number, *behind in zip(tokens, tokens[1:], tokens[2:], tokens[3:]):
        kinds = [one.type for one in behind]
        if number == "6" and not behind[1].endswith("_bar") and kinds == ["OPEN", "NAME", "CLOSE"]:
            span = (number.start_pos or 0, behind[-1].end_pos or 0)
            raise Unreadable(
                "read.scanned", "This 6 may be a σ that was misread.", span, hint="Write sigmoid(…) or 6 * …"
            )
    following = [*tokens[1:], None]
    return [one for one, after in zip(tokens, following) if one.type != "COMMA" or not after or after.type != "ELSE"]


def _unbroken(tokens: list[Token]) -> list[Token]:
    """Without the line breaks behind an operator or an opening bracket: what stands there goes on."""
    return [
        one
        for before, one in zip([None, *tokens], tokens)
        if one.type != "NEWLINE" or (before is not None and before.type not in _OPEN | {"SIGN", "TIMES", "RELATION"})
    ]


def _punctuated(tokens: list[Token]) -> list[Token]:
    """Inside cases, without the commas that end a row or stand beside the sign between its two cells."""
    kept: list[Token] = []
    inside = 0
    for one in tokens:
        inside += (one.type == "CASES") - (one.type == "CASESEND")
        if inside and kept and kept[-1].type == "COMMA" and one.type in ("COMMA", "ROW", "CASESEND"):
            kept.pop()
        kept.append(one)
    return kept


def _members(tokens: list[Token]) -> list[list[Token]]:
    """What stands between the signs of equality; one in a condition compares."""
    members: list[list[Token]] = [[]]
    depth, conditional = 0, False
    for one in tokens:
        depth += (one.type in _OPEN) - (one.type in _CLOSE)
        conditional = depth == 0 and (conditional or _conditional(one)) and one.type not in ("COMMA", "ROW", "ELSE")
        if depth == 0 and (one.type in _EQUALS or one == "⇔" or (one == "=" and not conditional)):
            members.append([])
        else:
            members[-1].append(one)
    return members


def _conditional(one: Token) -> bool:
    return one.type == "IF" or (one.type == "WORD" and str(one).lower() == "for")


def _anded(tokens: list[Token]) -> list[Token]:
    """``a if c and b if d``, ``a for c``: every ``for`` as ``if``, and an ``and`` between two cases as a comma."""
    tokens = [one.update(type="IF", value="if") if _conditional(one) and one.type == "WORD" else one for one in tokens]
    conditions = [at for at, one in enumerate(tokens) if one.type == "IF"]
    kept = list(tokens)
    for before, after in pairwise(conditions):
        joined = [at for at in range(before, after) if tokens[at].type == "AND"]
        parted = any(tokens[at].type in ("COMMA", "ROW", "ELSE") for at in range(before, after))
        if joined and not parted:
            kept[joined[-1]] = comma(tokens[joined[-1]])
    if conditions and kept[-1].type == "OTHERWISE":
        joined = [at for at in range(conditions[-1], len(kept)) if kept[at].type == "AND"]
        if joined and not any(one.type in ("COMMA", "ROW", "ELSE") for one in kept[conditions[-1] :]):
            kept[joined[-1]] = comma(kept[joined[-1]])
    return kept
