"""Lists of tokens cut at what stands outside all brackets; line breaks, ends and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from lark import Token

from grader.language import words
from grader.language.unreadable import Unreadable
from grader.language.words import listed

_OPEN = listed("""OPEN LOPEN MATRIX CASES FLOOR BAR""")

_CLOSE = listed("""CLOSE LCLOSE MATRIXEND CASESEND FLOOREND BAREND""")

_COUNTED = words.UNITS | {"each"}

_STARTS = listed("""NUMBER NAME FUNCTION OPEN LOPEN FRACTION ROOT MATRIX CONSTANT BAR FLOOR CHOOSE NOT""")


@dataclass
class Trimmed:
    """The members of an answer (of a chain of equalities, say), what was noticed, and the arrows between members."""

    members: list[list[Token]]
    remarks: list[str] = field(default_factory=list)
    arrows: list[Token] = field(default_factory=list)


def split(tokens: list[Token], parts: Callable[[Token], bool]) -> tuple[list[list[Token]], list[Token]]:
    """The tokens between the separators that stand outside all brackets, and the separators."""
    pieces: list[list[Token]] = [[]]
    separators: list[Token] = []
    depth = 0
    for one in tokens:
        depth += (one.type in _OPEN) - (one.type in _CLOSE)
        if depth == 0 and parts(one):
            separators.append(one)
            pieces.append([])
        else:
            pieces[-1].append(one)
    return pieces, separators


def lines(tokens: list[Token], refuse: bool = False) -> list[Token]:
    """Line breaks dropped where the expression goes on; elsewhere a comma, or an error."""
    kept: list[Token] = []
    for index, one in enumerate(tokens):
        if one.type != "NEWLINE":
            kept.append(one)
            continue
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if following is None or not kept or following.type not in _STARTS:
            continue
        if refuse and all(other.type == "WORD" for other in kept):
            # A heading above the answer, of words alone.
            continue
        if refuse:
            raise Unreadable(
                "read.two-lines",
                "A new line starts here without an operator.",
                (following.start_pos or 0, following.end_pos or 0),
                hint="Give one formula, on one line.",
            )
        kept.append(Token("COMMA", ",", start_pos=one.start_pos, end_pos=one.end_pos))
    return kept


def ended(tokens: list[Token]) -> list[Token]:
    """Without commas, semicolons and arrows at the end."""
    while tokens and tokens[-1].type in ("COMMA", "ROW", "NEWLINE"):
        tokens = tokens[:-1]
    return tokens


def label(tokens: list[Token], text: str) -> bool:
    """Whether this only names what follows: ``time``, ``T(n)``, ``\\text{memory}``, ``T_{rev}``, ``# mults``."""
    outside, _ = split(tokens, lambda one: False)
    flat = _outside(outside[0])
    if not flat:
        return False
    first = flat[0]
    if any(one.type in ("TIMES", "CARET", "RELATION", "BANG") and not _joins(tokens, one) for one in flat):
        return False
    if any(one.type == "SIGN" and not _joins(tokens, one) for one in flat):
        return False
    if any(one.type == "ROW" for one in flat):
        return False
    if any(one.type == "COMMA" for one in flat) and any(one.type in ("NAME", "NUMBER") for one in flat):
        return False
    if len(flat) > 1 and first.type == "NAME" and flat[1].type == "WORD" and str(flat[1]).lower() in _COUNTED:
        # "k steps: 2k" holds two amounts.
        return False
    if any(one.type == "WORD" for one in flat):
        return first.type != "NUMBER"
    if first.type != "NAME":
        return False
    typed = text[first.start_pos or 0 : first.end_pos or 0]
    if len(flat) == 1 and typed.isupper() and typed != str(first):
        return True
    # m(n) = … names a function, although m n would be a product.
    bracket = tokens[1:]
    return (
        len(flat) == 1 and len(bracket) > 2 and all(one.type in ("OPEN", "NAME", "COMMA", "CLOSE") for one in bracket)
    )


def _outside(tokens: Iterable[Token]) -> list[Token]:
    depth, found = 0, []
    for one in tokens:
        depth += one.type in _OPEN
        if depth == 0:
            found.append(one)
        depth -= one.type in _CLOSE
    return found


def _joins(tokens: list[Token], one: Token) -> bool:
    """Whether a sign stands between two words: reverse-mode, mults/adds."""
    at = next(index for index, other in enumerate(tokens) if other is one)
    return 0 < at < len(tokens) - 1 and tokens[at - 1].type == "WORD" and tokens[at + 1].type == "WORD"


def comma(one: Token) -> Token:
    """A comma in the place of another token."""
    return Token("COMMA", ",", start_pos=one.start_pos, end_pos=one.end_pos)
