"""Backward equations: the side of one, and what stands on the left of an equality sign."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from lark import Token

from grader.frozen import frozen
from grader.language import indices, nodes, parsing, words, writing
from grader.language.building import CONDITIONS, span
from grader.language.cleaning import clean
from grader.language.lexemes import Lexeme, scan
from grader.language.lexer import Scope
from grader.language.nodes import Call, Derivative, Entry, Indicator, Name, Node, Product, Transpose
from grader.language.reading import source
from grader.language.reading.source import Reading, Text
from grader.language.unreadable import Unreadable

LEFT = 200
"""No left side is longer."""


@frozen
class Left:
    """What stands on the left of an equality sign.

    ``name`` is a gradient (``x_bar``), a name of the problem, a Jacobian (``∂y'/∂y``), or a name of the student's own,
    whose lexemes are ``spelled``; a function has ``parameters``. ``indices`` are those of an entry.
    """

    kind: Literal["gradient", "problem", "jacobian", "own"]
    name: str
    indices: tuple[str, ...] = ()
    transposed: bool = False
    spelled: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()


def equation(
    text: str, names: Collection[str], scope: Scope | None = None, of: str = "", below: tuple[str, ...] = ()
) -> Reading:
    """One side of a backward equation, or a chain of equal ones; members that only name the left side are left out.

    ``names`` are those of the problem and the parameters of a function; the error signal of each (``x_bar``) may be
    used too. ``of`` is the name on the left, any name if it is empty, and ``below`` are the indices there. A member
    that states a derivative which is not read is set aside with a remark where another one stands behind it.
    """
    scope = replace(scope or Scope(labels=frozenset(names)), of=of)
    try:
        return _equation(text, tuple(names), scope, below)
    except Unreadable:
        start, rest, aside = 0, text, ""
        for sign in outside(text, _EQUAL):
            member = text[start : sign.start()]
            if _DERIVED.search(member) and _tried(member, names, scope, below) is None:
                rest = rest[:start] + " " * (sign.end() - start) + rest[sign.end() :]
                aside = aside or member
            start = sign.end()
        found = _tried(rest, names, scope, below) if aside else None
        if found is None:
            raise
        remark = f"“{aside.strip()[:80]}” has a derivative that is not read; what it is set equal to was judged."
        return replace(found, remarks=(*found.remarks, remark))


_DERIVED = re.compile(
    r"[∂∇]|\\(?:partial|nabla)(?![A-Za-z])|\\frac\s{0,3}\{\s{0,3}(?:\\mathrm\s{0,3}\{?)?d|\bd(?:\w{0,9}|\s?\([^=]{1,80}\))\s?/\s?d"
)
_EQUAL = re.compile(r"(?<![<>!=:≤≥])=(?!=)")


def outside(text: str, sign: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Where a sign stands outside all brackets."""
    depth, at = 0, 0
    for found in sign.finditer(text):
        between = text[at : found.start()]
        depth += sum(between.count(one) for one in "([{") - sum(between.count(one) for one in ")]}")
        at = found.start()
        if depth <= 0:
            yield found


def _tried(member: str, names: Collection[str], scope: Scope, below: tuple[str, ...]) -> Reading | None:
    with suppress(Unreadable):
        return _equation(member, tuple(names), scope, below)
    return None


@lru_cache(maxsize=512)  # many of a class type the same
def _equation(text: str, names: tuple[str, ...], scope: Scope, below: tuple[str, ...]) -> Reading:
    with source.located(text):
        alone, plain = _alone(text, scope, below)
        below = () if alone is not None and below == (alone.name,) else below
        at, plain = _place(plain, scope)
        typed = Text(plain, "equation", names, exact=True, scope=scope)
        read, noticed = typed.lexed()
        known = {*names, *scope.own.values()}
        read = source.case_words(_unscanned(source.lines(source.ended(read), refuse=True)))
        pieces = [source.piecewise(_anded(member)) for member in _members(read)]
        members: list[Node] = []
        remarks = [*noticed]
        inner = _inner_products(pieces[-1], plain)
        for number, tokens in enumerate([*pieces, inner] if inner else pieces):
            last = number >= len(pieces) - 1
            if not last and not members and not tokens:
                continue
            found = typed.node(tokens)
            if not last and not members and (names_left := _naming(found, scope)) is not None:
                below = below or names_left
                continue
            if isinstance(found, CONDITIONS):
                found = Indicator(found, span=found.span)
            indices.bounded(found, [str(one) for one in tokens if one.type == "TOTAL"], scope)
            found = nodes.changed_everywhere(found, indices.multiplied_out)
            found = indices.by_dots(found, at, scope.labels)
            if alone is not None and last:
                found = Product((found, Call("onehot", (alone,))), ("*",), span=found.span)
            parsing.unblocked(found)
            parsing.bounded(found)
            found, more = indices.placed(found, below, scope, known)
            remarks += more
            members.append(found)
    other = members.pop() if inner else None
    return Reading(members[-1], tuple(members), tuple(dict.fromkeys(remarks)), other)


def _inner_products(tokens: list[Token], text: str) -> list[Token]:
    """The tokens with every dot between two names as an inner product; none where there is no such dot."""
    between = {
        at
        for at, (before, one, after) in enumerate(zip(tokens, tokens[1:], tokens[2:]), 1)
        if one == "*" and before.type == after.type == "NAME" and text[one.start_pos : one.end_pos] in _POINTS
    }
    return [one.update(value="@") if at in between else one for at, one in enumerate(tokens)] if between else []


_POINTS = ("·", "⋅", "∙", "•", "\\cdot", "\\bullet")


def _naming(node: Node, scope: Scope) -> tuple[str, ...] | None:
    """The indices of the left side where a member only names it; None where it says more, or names another."""
    node = node.operand if isinstance(node, Transpose) and scope.of else node
    array = node.array if isinstance(node, Entry) and scope.of else node
    if isinstance(array, Derivative) and array.of.name == scope.objective:
        array = Name(f"{array.by.name}_bar")
    if not isinstance(array, Name) or (scope.of and array.name != scope.of):
        return None
    return tuple(one.name for one in node.indices if isinstance(one, Name)) if isinstance(node, Entry) else ()


DOTS = re.compile(r"\.\.\.+|…|⋯|⋮|\\[lcvd]?dots(?![A-Za-z])")
_ORDINAL = re.compile(
    r"(?<![A-Za-z\\])(?P<one>[A-Za-z])\s*\}?\$?\s*(?:\\text\s*\{\s*|\^\s*\{?\s*(?:\\text\s*\{)?)?[-–]?\s*th(?![A-Za-z])"
    r"|(?:position|place|entry|component|index|coordinate|element|slot)\s+\$?(?P<two>[A-Za-z])(?![A-Za-z])",
    re.IGNORECASE,
)
_AFTER_VECTOR = re.compile(r"\s*\^\s*(?:\{[^{}]*\}|\\[a-z]+|[T⊤])|[ᵀ']")


def _place(text: str, scope: Scope) -> tuple[Name | None, str]:
    """The label at which a vector written with dots has its entry, where words behind it say so; they are blanked."""
    found = list(DOTS.finditer(text))
    if not found:
        return None, text
    before, behind = text[: found[-1].start()], text[found[-1].end() :]
    ends = [re.search(r"\\end\s*\{[a-zA-Z]*\}", behind)] if "\\begin" in before else [None]
    end = next((one.end() for one in (*ends, *outside(behind, re.compile(r"[)\]}]"))) if one), len(behind))
    end += len(text) - len(behind)
    if raised := _AFTER_VECTOR.match(text, end):
        end = raised.end()
    place = _ORDINAL.search(text, end)
    if place is None:
        return None, text
    label = place["one"] or place["two"]
    if label not in scope.labels:
        message = "The place that these words name is not that of the label."
        raise Unreadable("read.ellipsis", message, place.span(), hint="")
    return Name(label), text[:end] + " " * (len(text) - end)


_PLACE = r"position|place|entry|component|index|coordinate|element|slot|row"
_ZEROS = (
    r"(?:0|zeros?)(?:'?s)?\s+(?:elsewhere|everywhere(?:\s+else)?|otherwise"
    rf"|(?:in|at|for)\s+(?:all\s+)?(?:the\s+)?others?(?:\s+(?:{_PLACE})(?:e?s)?)?)"
)
_ALONE_START = re.compile(
    r"[\s$]*(?:(?:a|the)\s+)?(?:(?:column|row)\s+)?vector\s+(?:with|of|that\s+(?:has|is))\s", re.IGNORECASE
)
_ALONE_END = re.compile(
    rf"(?<=[\s,])\(?(?:at|in|on|for|as)\s+(?:the\s+|its\s+)?(?:(?P<one>[A-Za-z])\s{{0,3}}(?:\^\s?)?\{{?[-–]?\s?th\}}?\s+(?:{_PLACE})"
    rf"|(?:{_PLACE})\s+(?P<two>[A-Za-z]))\)?[\s,;]+\(?(?:(?:and|with|is)\s+)*{_ZEROS}\)?[\s.]*$",
    re.IGNORECASE,
)
"""Words for a vector of zeros but for one entry: ``-1/y'_t at the t-th entry, 0 elsewhere``."""
_OTHERS = re.compile(
    rf"[\s,;]+\(?(?:(?:and|with)\s+)*(?:{_ZEROS}|(?:all\s+)?(?:the\s+)?others?(?:\s+(?:{_PLACE}|entries|ones)s?)?\s+(?:are\s+|is\s+)?"
    r"(?:0|zeros?))\)?[\s.]*$",
    re.IGNORECASE,
)
"""Words that say that the entries that an equation is not for are zero."""


def _alone(text: str, scope: Scope, below: tuple[str, ...]) -> tuple[Name | None, str]:
    """The label at which a vector has its only entry, where words behind the entry say so; they are blanked.

    Where the left side is the entry of the label, the words need not say so again.
    """
    if len(below) == 1 and below[0] in scope.labels and (others := _OTHERS.search(text, max(0, len(text) - 100))):
        return Name(below[0]), text[: others.start()] + " " * (len(text) - others.start())
    place = _ALONE_END.search(text)
    label = (place["one"] or place["two"]) if place is not None else ""
    if place is None or label not in scope.labels or DOTS.search(text):
        return None, text
    plain = text[: place.start()] + " " * (len(text) - place.start())
    lead = _ALONE_START.match(plain)
    return Name(label), plain if lead is None else " " * lead.end() + plain[lead.end() :]


@lru_cache(maxsize=4096)
def left(text: str, names: tuple[str, ...], scope: Scope) -> Left | None:
    """What a text on the left of an equality sign names, or None where it names nothing."""
    text = text.strip().strip("$& \t")
    if len(text) > LEFT:
        return None
    node = _parsed(text, names, scope.objective)
    transposed = isinstance(node, Transpose)
    inner = node.operand if isinstance(node, Transpose) else node
    node, below = (inner.array, inner.indices) if isinstance(inner, Entry) else (inner, ())
    found = tuple(map(writing.text, below))
    if isinstance(node, Name) and node.name.endswith("_bar") and node.name.removesuffix("_bar") in names:
        return Left("gradient", node.name, found, transposed)
    if isinstance(node, Name) and node.name in names:
        return Left("problem", node.name, found, transposed)
    if isinstance(node, Derivative):
        return Left("jacobian", f"∂{node.of.name}/∂{node.by.name}", found, transposed)
    return own(text)


@lru_cache(maxsize=512)
def _parsed(text: str, names: tuple[str, ...], objective: str, exact: bool = True) -> Node | None:
    try:
        typed = Text(text, "equation", names, exact, scope=Scope(objective=objective))
        found: Node = parsing.parse(typed.lexed()[0], "single", len(text))
        return found
    except Unreadable:
        return None


def own(text: str) -> Left | None:
    """A name of the student's own: letters with digits, a subscript and primes, perhaps parameters in brackets."""
    try:
        found = [one for one in scan(clean(text), 40) if one.text not in "{}"]
    except Unreadable:
        return None
    if not found or found[0].kind != "word" or not found[0].text.isalpha():
        return None
    at = 1
    while size := _goes_on(found[at : at + 4]):
        at += size
    spelled = tuple(
        one.text for one, after in pairwise([*found[:at], found[0]]) if (one.text, after.text) != ("^", "'")
    )
    behind = "".join(one.text for one in found[at:])
    if behind and not re.fullmatch(r"\([^\W_]+(,[^\W_]+)*\)", behind):
        return None
    parameters = tuple(behind[1:-1].split(",")) if behind else ()
    return Left("own", "".join(spelled), spelled=spelled, parameters=parameters)


def _goes_on(found: list[Lexeme]) -> int:
    """How many lexemes go on with a name: a prime, a number behind or below it, or one in brackets above it."""
    texts = [one.text for one in found]
    if texts[:1] == ["'"] or (found and found[0].kind == "number" and not found[0].gap and texts[0].isdigit()):
        return 1
    if texts[:2] == ["^", "'"] or (texts[:1] == ["_"] and found[1:] and found[1].kind in ("word", "number")):
        return 2
    return 4 if texts[:2] == ["^", "("] and texts[3:] == [")"] and texts[2].isdigit() else 0


def entries(of: Left, right: str, labels: Collection[str]) -> Left:
    """The left side with its subscript as the indices of an entry, where the right side uses them: ``P_ij = …``."""
    if of.kind != "own" or of.parameters or "_" not in of.spelled:
        return of
    at = of.spelled.index("_")
    below = of.spelled[at + 1] if at + 2 == len(of.spelled) else ""
    found = tuple(below) if below.isalpha() and below.isascii() and len(below) <= 2 else ()
    uses = all(re.search(rf"(?<![A-Za-z\\]){one}(?![A-Za-z])|_\s*\{{?[\w,\s']*{one}", right) for one in found)
    if not found or not uses or any(one in labels for one in found):
        return of
    return replace(of, name="".join(of.spelled[:at]), indices=found, spelled=of.spelled[:at])


_APPLIED = re.compile(
    r"(\\?(?:sigmoid|sigma|relu|tanh)|σ)(?![A-Za-z'])(?:\s*\(\s*([a-z]_?\{?\d?\}?)\s*\))?", re.IGNORECASE
)


def of_values(of: Left, right: str) -> tuple[Left, str]:
    """A derivative that is said of a function, as it is of its values: ``σ' = σ(1 - σ)``, ``σ'(z) = σ(z)(1 - σ(z))``.

    What it is said of is what the functions on the right are taken of, or z.
    """
    if of.kind != "own" or len(of.spelled) != 2 or of.spelled[1] != "'" or len(of.parameters) > 1:
        return of, right
    arguments = {one[2] for one in _APPLIED.finditer(right)} | set(of.parameters)
    named = {re.sub("[_{}]", "", one) for one in arguments if one}
    alone = not arguments and re.search(r"(?<![A-Za-z\\])z(?![A-Za-z_0-9])", right) is not None
    if words.FUNCTIONS.get(of.spelled[0].lower()) is None or len(named) > 1 or not (arguments or alone):
        return of, right
    parameter = next(iter(named), "z")
    if None in arguments:
        right = _APPLIED.sub(lambda one: one[0] if one[2] else f"{one[1]}({parameter})", right)
    return replace(of, parameters=(parameter,)), right


def name(text: str, names: Collection[str]) -> str | None:
    """The canonical spelling of a declared name or of the error signal of one (``\\bar{x}`` is ``x_bar``), or None."""
    found = _parsed(text, tuple(names), "", exact=False)
    return found.name if isinstance(found, Name) and found.name.removesuffix("_bar") in names else None


_EQUALS = frozenset(("ASSIGN", "COLON", "APPROX"))


def _unscanned(tokens: list[Token]) -> list[Token]:
    """Without the comma before an ``else``; a 6 at a bracket with one name in it is refused: it looks like a σ."""
    for number, *behind in zip(tokens, tokens[1:], tokens[2:], tokens[3:]):
        kinds = [one.type for one in behind]
        if number == "6" and not behind[1].endswith("_bar") and kinds == ["OPEN", "NAME", "CLOSE"]:
            message, where = "This 6 may be a σ that was misread.", span([number, behind[-1]])
            raise Unreadable("read.scanned", message, where)
    following = [*tokens[1:], None]
    return [one for one, after in zip(tokens, following) if one.type != "COMMA" or not after or after.type != "ELSE"]


def _members(tokens: list[Token]) -> list[list[Token]]:
    """What stands between the signs of equality; one in a condition compares."""
    members: list[list[Token]] = [[]]
    depth, conditional = 0, False
    for one in tokens:
        depth += (one.type in source.OPEN) - (one.type in source.CLOSE)
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
    places = [at for at, one in enumerate(tokens) if one.type == "IF"]
    places += [len(tokens) - 1] if places and tokens[-1].type == "OTHERWISE" else []
    for before, after in pairwise(places):
        joined = [at for at in range(before, after) if tokens[at].type == "AND"]
        if joined and not any(one.type in ("COMMA", "ROW", "ELSE") for one in tokens[before:after]):
            tokens[joined[-1]] = source.comma(tokens[joined[-1]])
    return tokens
