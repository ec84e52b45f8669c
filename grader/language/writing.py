"""Nodes as text again: plain, with as few brackets as reading back allows, and as MathML for a browser."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from html import escape

from grader.language import nodes
from grader.language.nodes import Meaning, Node

_LOGIC, _COMPARED, _SUM, _PRODUCT, _ADJACENT, _POWER, _ATOM = range(7)
"""How tightly the written text binds; what binds less tightly than its place asks for gets brackets."""


def text(node: Node) -> str:
    """The node in plain text, which reads back as an equal node."""
    return _WRITTEN.of(node)[0]


def definition(name: str, node: Node) -> str:
    """What a name of the student's own stands for: ``f(u) = …``, ``P_ij = …``."""
    if isinstance(node, nodes.Function):
        return f"{name}({', '.join(node.parameters)}) = {text(node.body)}"
    if isinstance(node, nodes.Entries):
        return f"{f'({name})' if '/' in name else name}{_below(node.indices)} = {text(node.body)}"
    return f"{name} = {text(node)}"


def _below(indices: tuple[str, ...]) -> str:
    plain = len(indices) == 1 or all(len(one) == 1 and one.isalpha() for one in indices)
    written = ("" if plain else ",").join(indices)
    return f"_{written}" if plain and "'" not in written else f"_{{{written}}}"


def _in(node: Node, binding: int) -> str:
    written, tightness = _WRITTEN.of(node)
    return written if tightness >= binding else f"({written})"


def _listed(items: tuple[Node, ...]) -> str:
    return ", ".join(map(text, items))


class _Written(Meaning[tuple[str, int]]):
    """The text of a node, and how tightly it binds."""

    def number_(self, node: nodes.Number) -> tuple[str, int]:
        return _number(node.value)

    def name_(self, node: nodes.Name) -> tuple[str, int]:
        return node.name, _ATOM

    def sum_(self, node: nodes.Sum) -> tuple[str, int]:
        first, *rest = (
            ("-", _in(term.operand, _PRODUCT)) if isinstance(term, nodes.Negative) else ("+", _in(term, _PRODUCT))
            for term in node.terms
        )
        return first[0].strip("+") + first[1] + "".join(f" {sign} {term}" for sign, term in rest), _SUM

    def negative_(self, node: nodes.Negative) -> tuple[str, int]:
        return "-" + _in(node.operand, _PRODUCT), _SUM

    def product_(self, node: nodes.Product) -> tuple[str, int]:
        written = _factor(node.factors[0], first=True)
        mixed = False
        for before, sign, factor in zip(node.factors, node.signs, node.factors[1:]):
            if sign:
                mixed = True
                operand = _factor(factor, after=sign)
                written += f" {sign} {operand}" if sign in ("∘", "@") else f"{sign}{operand}"
                continue
            if mixed:
                # Side by side binds first, so a run after another sign cannot be written flat.
                written, mixed = f"({written})", False
            following = _factor(factor, number=True)
            if isinstance(before, nodes.Call) and not before.arguments and following.startswith("("):
                # I (…) would be an indicator.
                written = f"{written[: -len(text(before))]}({text(before)})"
            written += (" " if _apart(before, following) else "") + following
        return written, _PRODUCT if any(node.signs) else _ADJACENT

    def power_(self, node: nodes.Power) -> tuple[str, int]:
        plain, tightness = self.of(node.exponent)
        simple = tightness == _ATOM or (isinstance(node.exponent, nodes.Power) and tightness == _POWER)
        simple = simple and plain != "1"  # before a slash, it could be the start of a fraction
        return f"{_in(node.base, _ATOM)}^{plain if simple else f'({plain})'}", _POWER

    def transpose_(self, node: nodes.Transpose) -> tuple[str, int]:
        plain = _in(node.operand, _POWER)  # 1^T is a row of ones
        return f"({plain})^T" if plain == "1" else f"{plain}^T", _POWER

    def call_(self, node: nodes.Call) -> tuple[str, int]:
        if node.function == "factorial":
            return _in(node.arguments[0], _ATOM) + "!", _POWER
        if not node.arguments:
            return "I" if node.function == "eye" else node.function, _ATOM
        if node.function == "log" and len(node.arguments) == 2:
            return f"log_{text(node.arguments[1])}({text(node.arguments[0])})", _ATOM
        return f"{node.function}{chr(39) * node.derivative}({_listed(node.arguments)})", _ATOM

    def order_(self, node: nodes.Order) -> tuple[str, int]:
        return f"{node.kind}({text(node.argument)})", _ATOM

    def array_(self, node: nodes.Array) -> tuple[str, int]:
        return f"[{_listed(node.entries)}]", _ATOM

    def entry_(self, node: nodes.Entry) -> tuple[str, int]:
        return _in(node.array, _ATOM) + _below(tuple(map(text, node.indices))), _ATOM

    def entries_(self, node: nodes.Entries) -> tuple[str, int]:
        return self.of(node.body)

    def total_(self, node: nodes.Total) -> tuple[str, int]:
        body = _factor(node.body) if isinstance(node.body, nodes.Sum) else text(node.body)
        return f"sum{_below((node.index,))} {body}", _PRODUCT

    def derivative_(self, node: nodes.Derivative) -> tuple[str, int]:
        return f"∂{node.of.name}/∂{node.by.name}", _PRODUCT

    def gap_(self, node: nodes.Gap) -> tuple[str, int]:
        return "…", _ATOM

    # Conditions and cases

    def comparison_(self, node: nodes.Comparison) -> tuple[str, int]:
        first, *rest = (_in(operand, _SUM) for operand in node.operands)
        return first + "".join(f" {relation} {one}" for relation, one in zip(node.relations, rest)), _COMPARED

    def member_(self, node: nodes.Member) -> tuple[str, int]:
        return f"{_in(node.element, _SUM)} in {text(node.container)}", _COMPARED

    def interval_(self, node: nodes.Interval) -> tuple[str, int]:
        ends = "[" if node.low_closed else "(", "]" if node.high_closed else ")"
        return f"{ends[0]}{text(node.low)}, {text(node.high)}{ends[1]}", _ATOM

    def set_(self, node: nodes.Set) -> tuple[str, int]:
        return f"{{{_listed(node.elements)}}}", _ATOM

    def and_(self, node: nodes.And) -> tuple[str, int]:
        return " and ".join(_in(part, _COMPARED) for part in node.parts), _LOGIC

    def or_(self, node: nodes.Or) -> tuple[str, int]:
        parts = (text(part) if isinstance(part, nodes.And) else _in(part, _COMPARED) for part in node.parts)
        return " or ".join(parts), _LOGIC

    def not_(self, node: nodes.Not) -> tuple[str, int]:
        return "not " + _in(node.part, _COMPARED), _COMPARED

    def truth_(self, node: nodes.Truth) -> tuple[str, int]:
        return str(node.value).lower(), _ATOM

    def indicator_(self, node: nodes.Indicator) -> tuple[str, int]:
        return f"I({text(node.condition)})", _ATOM

    def choice_(self, node: nodes.Choice) -> tuple[str, int]:
        if isinstance(node.otherwise, nodes.Gap):
            rows = (f"{text(chosen)} & {text(condition)}" for condition, chosen in node.branches)
            return "\\begin{cases} " + " \\\\ ".join(rows) + " \\end{cases}", _ATOM
        cases = [f"{_in(chosen, _COMPARED)} if {text(condition)}" for condition, chosen in node.branches]
        return " else ".join([*cases, text(node.otherwise)]), _LOGIC


_WRITTEN = _Written()


def _number(value: Fraction) -> tuple[str, int]:
    if value < 0:
        return "-" + _number(-value)[0], _SUM
    if value.denominator == 1:
        return str(value.numerator), _ATOM
    digits = next((digits for digits in range(1, 21) if 10**digits % value.denominator == 0), 0)
    if digits:
        scaled = str(int(value * 10**digits)).rjust(digits + 1, "0")
        return f"{scaled[:-digits]}.{scaled[-digits:]}", _ATOM
    return f"{value.numerator}/{value.denominator}", _PRODUCT


def _apart(before: Node, following: str) -> bool:
    letters = isinstance(before, nodes.Name) and len(before.name) == 1
    number = isinstance(before, nodes.Number)
    return not (following.startswith("(") or number or (letters and len(following) == 1)) or (
        number and following[:1] in "eE"
    )


def _factor(node: Node, first: bool = False, number: bool = False, after: str = "") -> str:
    if isinstance(node, nodes.Product):
        bracketed = first or number or any(node.signs) or after == "/"
        return f"({text(node)})" if bracketed else text(node)
    base = node.base if isinstance(node, nodes.Power) else node
    return f"({text(node)})" if number and isinstance(base, nodes.Number) else _in(node, _POWER)


# MathML

_SHOWN = {"<=": "≤", ">=": "≥", "!=": "≠", "": "\u2062", "*": "·", "@": "\u2062"}
"""What stands for a relation or the sign of a product."""
_SUMS = (nodes.Sum, nodes.Negative, nodes.Choice)
_PRODUCTS = (*_SUMS, nodes.Product)
_POWERS = (*_PRODUCTS, nodes.Power, nodes.Transpose, nodes.Derivative)
"""What gets brackets where a term, a factor or a base is asked for."""


def mathml(node: Node) -> str:
    """The node as one ``<math>`` element; everything that came from a typed text is escaped."""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{_row(node)}</math>'


def _row(node: Node) -> str:
    return f"<mrow>{_SHAPES.of(node)}</mrow>"


def _sign(sign: str) -> str:
    return f"<mo>{escape(_SHOWN.get(sign, sign))}</mo>"


def _word(word: str) -> str:
    return f"<mtext>{word}</mtext>"


def _parted(*parts: Node) -> str:
    return _sign(",").join(map(_row, parts))


def _bracketed(*parts: Node, ends: str = "()") -> str:
    return f"<mrow>{_sign(ends[0])}{_parted(*parts)}{_sign(ends[1])}</mrow>"


def _tight(node: Node, loose: tuple[type, ...]) -> str:
    return _bracketed(node) if isinstance(node, loose) else _row(node)


def _table(rows: Iterable[Iterable[str]]) -> str:
    cells = ("".join(f"<mtd>{cell}</mtd>" for cell in row) for row in rows)
    return f"<mtable>{''.join(f'<mtr>{row}</mtr>' for row in cells)}</mtable>"


class _Shapes(Meaning[str]):
    """The inside of the ``<mrow>`` of a node."""

    def number_(self, node: nodes.Number) -> str:
        plain = text(node)
        above, slash, below = plain.lstrip("-").partition("/")
        number = f"<mfrac><mn>{above}</mn><mn>{below}</mn></mfrac>" if slash else f"<mn>{above}</mn>"
        return (_sign("−") if plain.startswith("-") else "") + number

    def name_(self, node: nodes.Name) -> str:
        name, bar = node.name.removesuffix("_bar"), node.name.endswith("_bar")
        stem = name.rstrip("'")
        letters = stem.rstrip("0123456789").rstrip("_")
        written = f"<mi>{escape(letters)}</mi>"
        if index := stem[len(letters) :].lstrip("_"):
            written = f"<msub>{written}<mn>{index}</mn></msub>"
        if primes := len(name) - len(stem):
            written = f"<msup>{written}<mo>{'′' * primes}</mo></msup>"
        return f'<mover accent="true">{written}<mo>¯</mo></mover>' if bar else written

    def sum_(self, node: nodes.Sum) -> str:
        written = ""
        for term in node.terms:
            if isinstance(term, nodes.Negative) and written:
                written += _sign("−") + _tight(term.operand, _SUMS)
            else:
                written += (_sign("+") if written else "") + _tight(term, (nodes.Sum, nodes.Choice))
        return written

    def negative_(self, node: nodes.Negative) -> str:
        return _sign("−") + _tight(node.operand, _SUMS)

    def product_(self, node: nodes.Product) -> str:
        written = _tight(node.factors[0], _SUMS)
        for sign, factor in zip(node.signs, node.factors[1:]):
            if sign == "/":
                # What stands to the left of a slash is all divided, left to right.
                written = f"<mfrac><mrow>{written}</mrow>{_row(factor)}</mfrac>"
            else:
                digits = sign == "" and isinstance(factor, nodes.Number)
                written += _sign("*" if digits else sign) + _tight(factor, _PRODUCTS if sign else _SUMS)
        return written

    def power_(self, node: nodes.Power) -> str:
        return f"<msup>{_tight(node.base, _POWERS)}{_row(node.exponent)}</msup>"

    def transpose_(self, node: nodes.Transpose) -> str:
        return f"<msup>{_tight(node.operand, _PRODUCTS)}<mo>⊤</mo></msup>"

    def call_(self, node: nodes.Call) -> str:
        first = node.arguments[0] if node.arguments else node
        if node.function == "abs":
            return _sign("|") + _row(first) + _sign("|")
        if node.function == "sqrt":
            return f"<msqrt>{_row(first)}</msqrt>"
        if node.function == "factorial":
            return _tight(first, _POWERS) + _sign("!")
        function = f"<mi>{escape(node.function)}</mi>"
        if node.function == "log" and len(node.arguments) == 2:
            return f"<msub>{function}{_row(node.arguments[1])}</msub>{_bracketed(first)}"
        if node.derivative:
            function = f"<msup>{function}<mo>{'′' * node.derivative}</mo></msup>"
        return function + (_bracketed(*node.arguments) if node.arguments else "")

    def order_(self, node: nodes.Order) -> str:
        return f"<mi>{node.kind}</mi>{_bracketed(node.argument)}"

    def array_(self, node: nodes.Array) -> str:
        rows = [entry.entries for entry in node.entries if isinstance(entry, nodes.Array)]
        if len(rows) < len(node.entries):
            return _bracketed(*node.entries, ends="[]")
        return _sign("[") + _table(map(_row, row) for row in rows) + _sign("]")

    def entry_(self, node: nodes.Entry) -> str:
        return f"<msub>{_tight(node.array, _POWERS)}<mrow>{_parted(*node.indices)}</mrow></msub>"

    def entries_(self, node: nodes.Entries) -> str:
        return self.of(node.body)

    def total_(self, node: nodes.Total) -> str:
        return f"<msub>{_sign('∑')}<mi>{escape(node.index)}</mi></msub>{_tight(node.body, _SUMS)}"

    def derivative_(self, node: nodes.Derivative) -> str:
        return f"<mfrac><mrow>{_sign('∂')}{_row(node.of)}</mrow><mrow>{_sign('∂')}{_row(node.by)}</mrow></mfrac>"

    # Conditions and cases

    def comparison_(self, node: nodes.Comparison) -> str:
        first, *rest = map(_row, node.operands)
        return first + "".join(_sign(relation) + one for relation, one in zip(node.relations, rest))

    def member_(self, node: nodes.Member) -> str:
        return _row(node.element) + _sign("∈") + _row(node.container)

    def interval_(self, node: nodes.Interval) -> str:
        ends = ("[" if node.low_closed else "(") + ("]" if node.high_closed else ")")
        return _bracketed(node.low, node.high, ends=ends)

    def set_(self, node: nodes.Set) -> str:
        return _bracketed(*node.elements, ends="{}")

    def and_(self, node: nodes.And) -> str:
        return _word(" and ").join(_tight(part, (nodes.Or, nodes.And)) for part in node.parts)

    def or_(self, node: nodes.Or) -> str:
        return _word(" or ").join(_tight(part, (nodes.Or,)) for part in node.parts)

    def not_(self, node: nodes.Not) -> str:
        return _word("not ") + _tight(node.part, (nodes.Or, nodes.And))

    def truth_(self, node: nodes.Truth) -> str:
        return _word(text(node))

    def indicator_(self, node: nodes.Indicator) -> str:
        return "<mi>I</mi>" + _bracketed(node.condition)

    def choice_(self, node: nodes.Choice) -> str:
        cases = [(_row(chosen), _word("if ") + _row(condition)) for condition, chosen in node.branches]
        if not isinstance(node.otherwise, nodes.Gap):
            cases.append((_row(node.otherwise), _word("otherwise")))
        return _sign("{") + _table(cases)


_SHAPES = _Shapes()
