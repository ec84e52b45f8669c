"""Nodes as text again: plain, with as few brackets as reading back allows."""

from __future__ import annotations

from fractions import Fraction

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
        return _in(node.operand, _POWER) + "^T", _POWER

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
