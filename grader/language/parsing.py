"""Tokens to nodes: what no answer of its kind can hold is refused, before the parser and behind it.

The complaints of the grammar's parser are put into human words. Its tables are kept beside the grammar, since making
them anew takes a tenth of a cold start; ``python -m grader.language.parsing`` writes ``tables.json``. The grammar stays
the one source: where it or lark is not what the tables were made from, they are made anew, in memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import lark
from lark import Lark, Token, UnexpectedToken
from lark.grammar import Rule
from lark.lexer import Lexer, TerminalDef

from grader.language import exact, nodes, words
from grader.language.building import Builder, place
from grader.language.lexer import Context
from grader.language.nodes import Meaning, Node, Number, Span
from grader.language.unreadable import Unreadable, quoted

_KINDS = {"array": "list of numbers", "predicate": "condition", "equation": "formula"}
"""What a kind of answer is called, where not by its own name."""


def check(tokens: list[Token], context: Context, text: str) -> None:
    """Raises ``Unreadable`` at the first token that no answer of this kind can hold."""
    counts = context.kind in ("formula", "order", "number")
    for index, one in enumerate(tokens):
        span, after = place(one), [str(other) for other in tokens[index + 1 : index + 3]]
        if one.type == "WORD":
            raise _word(tokens, one, span, context)
        if one.type == "UNDERSCORE":
            hint = "Write the names of the problem as they stand; for a product write n*4, for a power n^5."
            raise Unreadable("read.subscript", "A subscript has no meaning here.", span, hint=hint)
        if one.type == "PRIME":
            raise Unreadable("read.prime", "A prime (') has no meaning here.", span)
        if one.type in ("AND", "OR", "NOT") and (counts or context.kind == "array"):
            message = f"{quoted(str(one))} joins conditions; one {_KINDS.get(context.kind, context.kind)} is asked for."
            raise Unreadable("read.two-answers", message, span)
        factorial = one.type == "BANG" and context.kind in ("equation", "activation")
        if factorial or one.type in _SENTENCES or (one.type == "COLON" and context.kind != "activation"):
            typed = text[slice(*span)].strip() or str(one)
            raise Unreadable("read.unexpected", f"{quoted(typed or 'this line break')} has no meaning here.", span)
        if one.type == "COMMA" and counts:
            _comma(tokens, index, span)
        behind = one.type == "OPEN" and index and tokens[index - 1].type in _FACTORS and one in ("[", "(", "{", "⟨")
        if behind and (after[:1] == ["+"] or (after[:1] == ["-"] and one == "[")):
            # 4n(+7): a term that may be there or not, or a factor.
            hint = "Leave the brackets out around a term; write a product with *."
            message = "It is not clear whether this bracket is a factor or one more term."
            raise Unreadable("read.restated", message, (span[0], place(tokens[index + 1])[1]), hint=hint)
        if one.type == "ROW" and counts:
            message = f"{quoted(str(one) or ';')} parts two answers; one is asked for."
            raise Unreadable("read.two-answers", message, span)
        if one.type == "BANG" and after[:1] == ["!"]:
            raise Unreadable("read.double-factorial", "“!!” may be meant in two ways.", span)
        if one.type == "CARET" and after == ["1", "/"]:
            raise Unreadable("read.exponent", "It is not clear whether the slash belongs to the exponent.", span)


_SENTENCES = frozenset(("ARROW", "SLOPPY", "APPROX", "ASSIGN", "NEWLINE"))
_FACTORS = frozenset(("NUMBER", "NAME", "CLOSE"))


def _comma(tokens: list[Token], index: int, span: Span) -> None:
    before, after = tokens[max(index - 1, 0)], tokens[min(index + 1, len(tokens) - 1)]
    if before.type == after.type == "NUMBER" and (before.end_pos, after.start_pos) == span:
        raise Unreadable("read.decimal-comma", "A comma stands between digits.", span)
    opened = sum((one.type in ("OPEN", "LOPEN")) - (one.type in ("CLOSE", "LCLOSE")) for one in tokens[:index])
    if not opened:
        raise Unreadable("read.two-answers", "A comma parts two answers; one is asked for.", span)


def _word(tokens: list[Token], one: Token, span: Span, context: Context) -> Unreadable:
    word = str(one)
    known = context.symbols.names
    if word in "∂∇":
        message = "A derivative stands here; what it is equal to is asked for."
        return Unreadable("read.derivative", message, span, hint="")
    kind = _KINDS.get(context.kind, context.kind)
    a_kind = f"an {kind}" if kind[0] in "ao" else f"a {kind}"
    function = words.FUNCTIONS.get(word.lower(), "")
    if function and len(word) > 1 and function not in words.ALLOWED[context.kind] and context.kind != "equation":
        allowed = ", ".join(sorted({name for name in words.ALLOWED[context.kind] if name.isalpha() and name.isascii()}))
        message = f"The function {quoted(word)} has no place in {a_kind} here."
        hint = f"Functions that can stand here: {allowed}."
        return Unreadable("read.function", message, span, hint=hint)
    maths = [other for other in tokens if other.type in ("NUMBER", "NAME", "RELATION", "FUNCTION")]
    if maths and len(word) > 1 and context.kind != "equation" and words.common(word):
        other = "A condition for the other mode is not turned round: give" if word.lower() in words.REVERSE else "Give"
        message = f"{quoted(word)} is no part of {a_kind}."
        hint = f"{other} one {kind}, with no words around it but such as change nothing."
        return Unreadable("read.words", message, span, hint=hint)
    strange = [at for at, letter in enumerate(word) if letter not in known]
    if 1 < len(word) <= 4 and len(strange) == 1:
        at = strange[0]
        return unknown(word[at], (span[0] + at, span[0] + at + 1), known, context)
    longer = (name for name in sorted(known, key=len, reverse=True) if len(name) > 1 and name.isalpha())
    if inside := next((name for name in longer if name in word and name != word), ""):
        hint = f"Put an operator before or after {inside}: for a product write *."
        return Unreadable("read.missing-operator", f"{quoted(word)} is not a name of the problem.", span, hint=hint)
    if not maths and len(word) > 1 and word.isalpha():
        return Unreadable("read.words", f"These are words, not {a_kind}.", span, hint=_example(context))
    return unknown(word, span, known, context)


def unknown(word: str, span: Span, names: Collection[str], context: Context | None = None) -> Unreadable:
    """The error for a name that the problem does not have, with the nearest one that it has."""
    known = set(names)
    allowed = words.ALLOWED[context.kind] if context else ()
    functions = {name for name, function in words.FUNCTIONS.items() if function in allowed}
    slip = {"l": "the digit 1", "O": "the digit 0", "o": "the digit 0"}.get(word, "")
    close = get_close_matches(word, sorted(known | functions if len(word) > 2 else known), 1, 0.7)
    slip = slip or next(iter(close), "")
    listed = ", ".join(sorted(name for name in known if not name.endswith("_bar")))
    hint = f"Did you mean {slip}? " if slip else ""
    hint += f"Names that can stand here: {listed}." if listed else "Only numbers can stand here."
    return Unreadable("read.unknown-name", f"{quoted(word)} is not a name of the problem.", span, hint=hint)


def _example(context: Context) -> str:
    letters = context.symbols.names or {"n"}
    first, last = min(letters), max(letters)
    examples = {
        "condition": f"a condition such as {last} > {first if first != last else 3}",
        "array": "a vector as [5, 7, 9], a matrix as [[1, 2], [3, 4]]",
        "order": f"an order such as O({first}^2)",
    }
    return f"Write {examples.get(context.kind, f'a formula such as {first}^2 + 3{first}')}."


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return parser(Builder())


def parse(tokens: list[Token], start: str, length: int) -> Any:
    """A ``single`` expression as a node, or ``several`` that commas and rows part as a ``Body``."""
    if not tokens:
        raise Unreadable("read.empty", "Only words stand here.", (0, length))
    handed = [one.update(type=_TERMINALS[one.type]) if one.type in _TERMINALS else one for one in tokens]
    try:
        return _parser().parse(handed, start=start)
    except UnexpectedToken as error:
        raise _unexpected(error, handed, length) from None


_OPERANDS = frozenset(("NUMBER", "NAME", "OPEN", "LOPEN", "MATRIX"))
_PHRASES: tuple[tuple[set[str], str, str], ...] = (
    ({"SIGN", "TIMES"}, "", "an operator such as + or *"),
    ({"CLOSE", "LCLOSE", "BAREND", "FLOOREND"}, "", "a closing bracket"),
    ({"COMMA"}, "", "a comma"),
    ({"RELATION"}, "SIGN", "a relation such as <"),
    ({"ELSE"}, "$END", "else and a value for all other cases"),
    ({"$END"}, "", "the end"),
)
"""What is wanted where one of these tokens can stand, and another cannot."""


def _unexpected(error: UnexpectedToken, tokens: list[Token], length: int) -> Unreadable:
    token = error.token
    at = next((at for at, one in enumerate(tokens) if one is token), len(tokens))
    after = f" after {_shown(tokens[at - 1])}" if at else ""
    wanted = _wanted(set(error.accepts or error.expected or ()))
    if at == len(tokens):
        end = tokens[-1].end_pos or length
        return Unreadable("read.unexpected-end", f"The answer ends{after}.", (end, end + 1), expected=wanted)
    message, span = f"{_shown(token)} has no meaning{after}.", (token.start_pos or 0, token.end_pos or length)
    return Unreadable("read.unexpected", message, span, expected=wanted)


def _shown(token: Token) -> str:
    return quoted(str(token) or {"ROW": ";", "COMMA": ","}.get(token.type, " "))


def _wanted(wanted: set[str]) -> str:
    if wanted & _OPERANDS:
        return "a number, a name or an opening bracket"
    return " or ".join(phrase for kinds, other, phrase in _PHRASES if wanted & kinds and other not in wanted)


FILE = Path(__file__).with_name("tables.json")
GRAMMAR = Path(__file__).with_name("grammar.lark")


class _Handed(Lexer):
    """Hands over tokens that were made before."""

    def __init__(self, lexer_conf: Any) -> None:
        pass

    def lex(self, tokens: Any) -> Iterator[Token]:  # type: ignore[override]  # the state is the list of tokens itself
        return iter(tokens)


_TERMINALS = {
    "TRUTH": "CONSTANT", "FLOOR": "BAR", "FLOOREND": "BAREND", "CHOOSE": "FRACTION", "TRANSPOSE": "POSTFIX",
    "BANG": "POSTFIX",
}  # fmt: skip
"""Kinds of token that the grammar need not tell apart; their text does."""


def parser(transformer: Any) -> Lark:
    """A parser of lists of tokens; what it reads is put together by ``transformer``."""
    kept = json.loads(FILE.read_bytes())
    if kept["origin"] != _origin():
        return made(transformer)
    data = kept["data"]
    data["options"].update(lexer=_Handed, transformer=transformer)
    data["parser"]["lexer_conf"]["lexer_type"] = _Handed
    table = data["parser"]["parser"]
    table["states"] = {int(state): actions for state, actions in table["states"].items()}
    return Lark.load({"data": data, "memo": {int(number): rule for number, rule in kept["rules"].items()}})


def made(transformer: Any) -> Lark:
    """The same from the grammar."""
    grammar, starts = GRAMMAR.read_text(encoding="utf-8"), ["single", "several"]
    return Lark(grammar, parser="lalr", lexer=_Handed, start=starts, transformer=transformer, maybe_placeholders=False)


def text() -> str:
    """What ``tables.json`` holds: a parser as lark itself writes it down, without lexer and transformer."""
    data, rules = made(None).memo_serialize([TerminalDef, Rule])
    data["options"]["lexer"] = data["parser"]["lexer_conf"]["lexer_type"] = None
    kept = {"origin": _origin(), "data": data, "rules": rules}
    return json.dumps(kept, separators=(",", ":"), sort_keys=True) + "\n"


def _origin() -> str:
    return hashlib.sha256(lark.__version__.encode() + GRAMMAR.read_bytes()).hexdigest()


NESTING = 150
EXPONENT = 100
DEGREE = 200


def bounded(node: Node) -> None:
    """Raises ``Unreadable`` for a tree that is too deep, a power that is too high, a number that is too large."""
    level, depth = [node], 0
    while level:
        if depth == NESTING:
            raise Unreadable("read.too-deep", "This is nested too deeply.", node.span)
        level, depth = [child for parent in level for child in nodes.children(parent)], depth + 1
    _Measure().of(node)


class _Measure(Meaning["tuple[int, Fraction | None]"]):
    """The degree of a formula, and its value where it is a number: a giant is met before anything is built from it."""

    def number_(self, node: Number) -> tuple[int, Fraction | None]:
        return 0, node.value

    def power_(self, node: nodes.Power) -> tuple[int, Fraction | None]:
        (degree, base), (_, exponent) = self.of(node.base), self.of(node.exponent)
        if exponent is None or base is not None:
            return max(1, degree), None if exponent is None else _constant(node)
        degree *= max(1, abs(exponent.numerator))
        if abs(exponent) > EXPONENT or degree > DEGREE:
            most = f"exponents up to {EXPONENT}"
            raise Unreadable("read.too-large", "This power is too high.", node.span, expected=most)
        return degree, None

    def product_(self, node: nodes.Product) -> tuple[int, Fraction | None]:
        below = list(map(self.of, node.factors))
        if any(sign == "/" and divisor == 0 for sign, (_, divisor) in zip(node.signs, below[1:])):
            raise Unreadable("read.division", "This divides by zero.", node.span)
        return sum(degree for degree, _ in below), self._value(node, below)

    def call_(self, node: nodes.Call) -> tuple[int, Fraction | None]:
        if node.function == "inf":
            raise Unreadable("read.not-finite", "Infinity is not a number here.", node.span)
        return self.other(node)

    def other(self, node: Node) -> tuple[int, Fraction | None]:
        below = list(map(self.of, nodes.children(node)))
        arithmetic = isinstance(node, (nodes.Sum, nodes.Negative, nodes.Call))
        return max((degree for degree, _ in below), default=1), self._value(node, below) if arithmetic else None

    def _value(self, node: Node, below: list[tuple[int, Fraction | None]]) -> Fraction | None:
        return None if any(own is None for _, own in below) else _constant(node)


def _constant(node: Node) -> Fraction | None:
    try:
        return exact.value(node)
    except exact.Undefined as error:
        code = "read.division" if "by zero" in str(error) else "read.too-large"
        if code == "read.division" or "digits" in str(error) or "factorial" in str(error):
            raise Unreadable(code, f"This is {error}.", node.span) from None
        return None


def unlisted(node: Node) -> None:
    """Raises ``Unreadable`` for a list of numbers inside an expression, and for an order of growth."""
    for one in nodes.parts(node):
        if isinstance(one, (nodes.Array, nodes.Order)):
            raise Unreadable("read.comma", "A list of values cannot stand here.", one.span)


def unblocked(node: Node) -> None:
    """Raises ``Unreadable`` for a matrix that is put together from others, and for any other list in an equation."""
    for one in nodes.parts(node):
        if isinstance(one, nodes.Array) and any(map(nodes.names, one.entries)):
            message = "A list of names, such as a matrix put together from blocks, is not read in an equation."
            raise Unreadable("read.blocks", message, one.span)
    unlisted(node)


def countable(node: Node) -> None:
    """Raises ``Unreadable`` for what cannot stand in a formula of numbers."""
    for one in nodes.parts(node):
        if isinstance(one, nodes.Array):
            message = "A comma stands inside brackets; a formula has none."
            hint = "For a product write n*m; for a decimal use a point."
            raise Unreadable("read.comma", message, one.span, hint=hint)
        if isinstance(one, (nodes.Indicator, nodes.Choice)):
            raise Unreadable("read.condition-for-number", "A condition stands inside a formula.", one.span)
        if isinstance(one, nodes.Order) and one is not node:
            raise Unreadable("read.order-inside", f"{one.kind}(…) can only stand alone.", one.span)


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
