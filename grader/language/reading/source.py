"""A typed text on its way to a reading: its limits, its place in an error, and what readers do to its tokens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache
from itertools import groupby

from lark import Token

from grader.frozen import frozen
from grader.language import cleaning, parsing, words, writing
from grader.language.building import Body, place
from grader.language.calculus import Calculus
from grader.language.lexemes import pairs
from grader.language.lexer import Context, Scope, declared
from grader.language.nodes import Node
from grader.language.unreadable import Unreadable
from grader.language.wording import Wording
from grader.language.words import listed

LENGTH = {"array": 20_000, "predicate": 8_000}
SHORT = 4_000
REMEMBERED = 1024
"""A class types the same answers again and again: so many are kept."""
LINES = 200
TOKENS = {"array": 4_000, "predicate": 2_000}


@frozen
class Reading:
    """How an answer was understood.

    ``node`` is what it says; for a chain of equalities ``members`` holds every member, and ``node`` is the last
    (for a formula: the last that is not an order). ``remarks`` are sentences for the student: what was left out, what
    was read as what. ``other`` is what it says where a dot between two names is meant as their inner product.
    """

    node: Node
    members: tuple[Node, ...] = ()
    remarks: tuple[str, ...] = ()
    other: Node | None = None

    @cached_property
    def understood(self) -> str:
        return writing.text(self.node)

    @cached_property
    def mathml(self) -> str:
        return writing.mathml(self.node)


class Text:
    """A text on its way: cut to its limit, freed of its layout, read by one of the functions below."""

    def __init__(
        self,
        text: str,
        kind: str,
        names: Collection[str],
        exact: bool = False,
        scope: Scope | None = None,
    ) -> None:
        most = LENGTH.get(kind, SHORT)
        if len(text) > most:
            message = f"This answer has {len(text)} characters; at most {most} are read."
            raise Unreadable("read.too-long", message, (most, most + 1))
        self.text = text
        symbols = declared(frozenset(names), kind == "equation", exact)
        self.context = Context(kind, symbols, TOKENS.get(kind, 1500), scope or Scope())

    def lexed(self) -> tuple[list[Token], tuple[str, ...]]:
        if not self.text.strip():
            raise Unreadable("read.empty", "Nothing is written here.", (0, 1))
        bare, left_out = cleaning.bare(self.text, self.context.kind)
        kind = self.context.kind
        dash = cleaning.doubtful(bare, kind) if kind in ("formula", "order", "condition", "array") else None
        if dash is not None:
            message = "It is not clear whether this dash is a minus sign or the mark of a list."
            raise Unreadable("read.bullets", message, dash.span("dash"))
        lexing = (Calculus if kind == "equation" else Wording)(cleaning.clean(bare), self.context)
        return lexing.run(), tuple(dict.fromkeys((*left_out, *lexing.remarks)))

    def node(self, tokens: list[Token]) -> Node:
        """One expression."""
        parsing.check(tokens, self.context, self.text)
        found: Node = parsing.parse(tokens, "single", len(self.text.rstrip()))
        return found

    def body(self, tokens: list[Token]) -> Body:
        """Expressions parted by commas and rows."""
        parsing.check(tokens, self.context, self.text)
        found: Body = parsing.parse(tokens, "several", len(self.text.rstrip()))
        return found


@contextmanager
def located(text: str) -> Iterator[None]:
    """Adds the whole text to an error, so that it can show the place."""
    try:
        yield
    except Unreadable as error:
        error.text = error.text or text
        raise


@lru_cache(REMEMBERED)
def _remembered(read: Callable[[Text], Reading], text: str, kind: str, names: tuple[str, ...]) -> Reading:
    with located(text):
        return read(Text(text, kind, names))


def reader(kind: str, read: Callable[[Text], Reading]) -> Callable[[str, Collection[str]], Reading]:
    """A reader of texts of a kind, with their declared names, that reads the same once; its errors know the text."""
    return lambda text, names: _remembered(read, text, kind, tuple(names))


OPEN = listed("""OPEN LOPEN MATRIX CASES FLOOR BAR GIVEN""")
CLOSE = listed("""CLOSE LCLOSE MATRIXEND CASESEND FLOOREND BAREND GIVENEND""")

_COUNTED = words.UNITS | {"each"}

_OPERATORS = OPEN | {"SIGN", "TIMES", "RELATION"}
_STARTS = listed("""NUMBER NAME FUNCTION OPEN LOPEN FRACTION ROOT MATRIX CONSTANT BAR FLOOR CHOOSE NOT""")


def partner(tokens: list[Token]) -> dict[int, int]:
    """For each bracket that has one, where its partner stands."""
    return pairs((one.type in OPEN) - (one.type in CLOSE) for one in tokens)


def split(tokens: list[Token], parts: Callable[[Token], bool]) -> tuple[list[list[Token]], list[Token]]:
    """The tokens between the separators that stand outside all brackets, and the separators."""
    pieces: list[list[Token]] = [[]]
    separators: list[Token] = []
    depth = 0
    for one in tokens:
        depth += (one.type in OPEN) - (one.type in CLOSE)
        if depth == 0 and parts(one):
            separators.append(one)
            pieces.append([])
        else:
            pieces[-1].append(one)
    return pieces, separators


def lines(tokens: list[Token], refuse: bool = False) -> list[Token]:
    """Line breaks dropped where the expression goes on; elsewhere a comma, or an error."""
    kept: list[Token] = []
    for one, following in zip(tokens, [*tokens[1:], Token("END", "")]):
        if one.type != "NEWLINE":
            kept.append(one)
        elif not kept or kept[-1].type in _OPERATORS or following.type not in _STARTS:
            continue
        elif not refuse:
            kept.append(comma(one))
        elif any(other.type != "WORD" for other in kept):  # words alone are a heading above the answer
            raise Unreadable("read.two-lines", "A new line starts here without an operator.", place(following))
    return kept


def ended(tokens: list[Token]) -> list[Token]:
    """Without commas, semicolons and line breaks at the end."""
    while tokens and tokens[-1].type in ("COMMA", "ROW", "NEWLINE"):
        tokens = tokens[:-1]
    return tokens


def implied(tokens: list[Token]) -> list[Token]:
    """Words between two statements as the arrow that they mean: ``…, so 2k``, ``…, i.e. 2k``."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        one, size = tokens[at], 0
        if word(one) == "i" and [str(after).lower() for after in tokens[at + 1 : at + 2]] == ["e"]:
            size = 2
        elif word(one) in words.IMPLICATIONS and any(before.type in ("NAME", "NUMBER") for before in kept):
            size = 1
        if size and at + size < len(tokens):
            kept = [*ended(kept), one.update(type="ARROW", value=words.IMPLICATIONS.get(word(one), "⇔"))]
            at += size + (tokens[at + size] == ",")
        else:
            kept.append(one)
            at += 1
    return kept


_STATED = listed(
    "is are = the dimension dimensions dim size length vector vectors v y x number of entries in , and ( )"
)
_VECTORS = listed("v x y vector vectors")


def reasoned(tokens: list[Token], amends: Callable[[list[Token], list[Token]], bool]) -> tuple[list[Token], list[str]]:
    """Without what gives a reason behind the answer, or says what its names stand for; and a remark on that.

    A reason stays that ``amends`` the answer: one that goes on with it, ``…; plus 1 for M``, or takes it back. What
    tells two names apart stays as well: here they may stand for something else than in the problem.
    """
    for at, one in enumerate(tokens):
        if word(one) not in ("where", "with", "since", "because"):
            continue
        answer, clause = tokens[:at], tokens[at + 1 :]
        named = {str(part) for part in clause if part.type == "NAME"}
        stated = bool(named) and all(
            str(part).lower() in _STATED or (part.type == "NAME" and before in (one, ",", "and"))
            for before, part in zip(tokens[at:], clause)
        )
        apart = len({str(part) for part in tokens if part.type == "NAME"}) > 1 and bool(spoken(clause) & _VECTORS)
        given = word(one) in ("since", "because") and not amends(answer, clause)
        if clause and any(part.type in ("NAME", "NUMBER") for part in answer) and (given or (stated and not apart)):
            return ended(answer), [f"What stands behind “{word(one)}” was left out."]
    return tokens, []


def goes_on(clause: list[Token]) -> bool:
    """Whether an amount begins anew in a clause: ``…, 1 for M``, ``… v + 1``, or a name gets a value."""
    begins = any(
        (before.type in ("COMMA", "ROW", "AND") and part.type in ("SIGN", "TIMES", "NUMBER", "NAME"))
        or (before.type == "WORD" and part.type == "SIGN" and after.type != "WORD")
        for before, part, after in zip(clause, clause[1:], [*clause[2:], Token("END", "")])
    )
    return begins or any([one.type for one in group] == ["NAME", "RELATION", "NUMBER"] for group in amounts(clause))


def word(one: Token) -> str:
    """The word in lower case, where the token is one; else nothing."""
    return str(one).lower() if one.type == "WORD" else ""


def spoken(tokens: list[Token]) -> set[str]:
    """The words in a text, in lower case."""
    return {word(one) for one in tokens} - {""}


def amounts(tokens: list[Token]) -> list[list[Token]]:
    """The longest parts without words, commas and the like."""
    apart = ("WORD", "IF", "AND", "OR", "COMMA", "ROW", "COLON", "ARROW", "OTHERWISE", "ELSE", "THEN")
    return [list(group) for wordy, group in groupby(tokens, lambda one: one.type in apart) if not wordy]


def concluded(tokens: list[Token], idle: Callable[[str], bool]) -> list[Token]:
    """Without idle words behind the answer, alone or in brackets, and the signs between them."""
    at = len(tokens)
    while at > 1:
        last, before = tokens[at - 1], at - 2
        while before and last.type == "CLOSE" and idle(word(tokens[before])):
            before -= 1
        if 0 < before < at - 2 and tokens[before].type == "OPEN":
            at = before
        elif last.type == "WORD" and not idle(word(last)):
            break
        elif last.type in ("WORD", "COMMA", "ROW", "NEWLINE") or (last == "-" and at < len(tokens)):
            at -= 1
        else:
            break
    return tokens[:at]


_SIGNS = frozenset(("TIMES", "CARET", "RELATION", "BANG", "SIGN"))


def label(tokens: list[Token], text: str) -> bool:
    """Whether this only names what follows: ``time``, ``T(n)``, ``\\text{memory}``, ``T_{rev}``, ``# mults``."""
    ends = Token("END", "")
    plain = [  # without the signs between two words: reverse-mode, mults/adds
        one
        for before, one, after in zip([ends, *tokens], tokens, [*tokens[1:], ends])
        if one.type not in _SIGNS or not before.type == after.type == "WORD"
    ]
    flat = split(plain, lambda one: one.type not in CLOSE)[1]  # what stands outside all brackets
    kinds = {one.type for one in flat}
    several = "ROW" in kinds or ("COMMA" in kinds and kinds & {"NAME", "NUMBER"})
    counted = [one.type for one in flat[:1]] == ["NAME"] and any(word(one) in _COUNTED for one in flat[1:2])
    if not flat or several or counted or kinds & _SIGNS:
        return False  # "k steps: 2k" holds two amounts
    first = flat[0]
    if "WORD" in kinds or first.type != "NAME":
        return "WORD" in kinds and first.type != "NUMBER"
    typed = text[slice(*place(first))]
    # m(n) = … names a function, although m n would be a product.
    called = len(tokens) > 3 and all(one.type in ("OPEN", "NAME", "COMMA", "CLOSE") for one in tokens[1:])
    return len(flat) == 1 and (called or (typed.isupper() and typed != str(first)))


def comma(one: Token) -> Token:
    """A comma in the place of another token."""
    return one.update(type="COMMA", value=",")


def case_words(tokens: list[Token]) -> list[Token]:
    """Inside cases, ``if`` and ``for`` after the ampersand fall away and ``if`` without one becomes a comma."""
    kept: list[Token] = []
    inside = 0
    for one in tokens:
        inside += (one.type == "CASES") - (one.type == "CASESEND")
        before = kept[-1].type if kept else "COMMA"
        otherwise = one.type in ("ELSE", "OTHERWISE") or word(one) == "else"
        if inside and (otherwise or one.type == "IF" or word(one) in ("for", "on", "as")):
            kept += [] if before == "COMMA" else [comma(one)]
            kept += [one.update(type="OTHERWISE", value="otherwise")] if otherwise else []
        elif inside and word(one) in ("o", "w") and before in ("COMMA", "OTHERWISE"):
            kept += [one.update(type="OTHERWISE", value="otherwise")] if before == "COMMA" else []
        elif (one.type == "CASESEND" or (inside and one.type == "ROW")) and kept[-1] in (",", ";"):
            kept[-1] = one  # a comma or a semicolon that ends a row
        elif not (inside and (one.type == "COMMA" or one == "/") and before in ("COMMA", "OTHERWISE")):
            kept.append(one)
    return kept


def piecewise(tokens: list[Token]) -> list[Token]:
    """``1 if z >= 1, 0 otherwise`` as cases; braces around it fall away."""
    kinds = [one.type for one in tokens]
    if len(tokens) > 2 and tokens[0] == "{" and tokens[-1] == "}" and ("IF" in kinds or "OTHERWISE" in kinds):
        tokens, kinds = tokens[1:-1], kinds[1:-1]
    last = kinds.index("OTHERWISE") if "OTHERWISE" in kinds else len(tokens)
    if last < len(tokens) - 1 and "CASES" not in kinds:
        before = last - 1 if kinds[last - 1] in ("COMMA", "ROW") else last
        return [*tokens[:before], tokens[last].update(type="ELSE", value="else"), *tokens[last + 1 :]]
    pieces, _ = split(tokens, lambda one: one.type in ("COMMA", "ROW"))
    if len(pieces) < 2 or "ELSE" in kinds or "CASES" in kinds:
        return tokens
    rows: list[list[Token]] = []
    for piece in pieces:
        if piece and piece[0].type in ("IF", "OTHERWISE") and rows:
            rows[-1] += piece
        else:
            rows.append(piece)
    made: list[Token] = []
    for row in rows:
        at = next((index for index, one in enumerate(row) if one.type in ("IF", "OTHERWISE")), None)
        if at is None:
            return tokens
        opening = row[at].update(type="ROW", value=";") if made else tokens[0].update(type="CASES", value="cases")
        made += [opening, *row[:at], comma(row[at]), *row[at + (row[at].type == "IF") :]]
    return [*made, tokens[-1].update(type="CASESEND", value="cases")]
