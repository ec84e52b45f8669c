"""Nodes as MathML, for reports in a browser. Everything that came from a typed text is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from grader.language import nodes, writing
from grader.language.nodes import Meaning, Node

_SHOWN = {"<=": "≤", ">=": "≥", "!=": "≠", "": "\u2062", "*": "·", "@": "\u2062"}
"""What stands for a relation or the sign of a product."""
_SUMS = (nodes.Sum, nodes.Negative, nodes.Choice)
_PRODUCTS = (*_SUMS, nodes.Product)
_POWERS = (*_PRODUCTS, nodes.Power, nodes.Transpose, nodes.Derivative)
"""What gets brackets where a term, a factor or a base is asked for."""


def render(node: Node) -> str:
    """The node as one ``<math>`` element."""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{_row(node)}</math>'


def _row(node: Node) -> str:
    return f"<mrow>{_SHAPES.of(node)}</mrow>"


def _sign(text: str) -> str:
    return f"<mo>{escape(_SHOWN.get(text, text))}</mo>"


def _word(text: str) -> str:
    return f"<mtext>{text}</mtext>"


def _listed(*parts: Node) -> str:
    return _sign(",").join(map(_row, parts))


def _bracketed(*parts: Node, ends: str = "()") -> str:
    return f"<mrow>{_sign(ends[0])}{_listed(*parts)}{_sign(ends[1])}</mrow>"


def _tight(node: Node, loose: tuple[type, ...]) -> str:
    return _bracketed(node) if isinstance(node, loose) else _row(node)


def _table(rows: Iterable[Iterable[str]]) -> str:
    cells = ("".join(f"<mtd>{cell}</mtd>" for cell in row) for row in rows)
    return f"<mtable>{''.join(f'<mtr>{row}</mtr>' for row in cells)}</mtable>"


class _Shapes(Meaning[str]):
    """The inside of the ``<mrow>`` of a node."""

    def number_(self, node: nodes.Number) -> str:
        text = writing.text(node)
        above, slash, below = text.lstrip("-").partition("/")
        number = f"<mfrac><mn>{above}</mn><mn>{below}</mn></mfrac>" if slash else f"<mn>{above}</mn>"
        return (_sign("−") if text.startswith("-") else "") + number

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
        return f"<msub>{_tight(node.array, _POWERS)}<mrow>{_listed(*node.indices)}</mrow></msub>"

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
        return _word(writing.text(node))

    def indicator_(self, node: nodes.Indicator) -> str:
        return "<mi>I</mi>" + _bracketed(node.condition)

    def choice_(self, node: nodes.Choice) -> str:
        cases = [(_row(chosen), _word("if ") + _row(condition)) for condition, chosen in node.branches]
        if not isinstance(node.otherwise, nodes.Gap):
            cases.append((_row(node.otherwise), _word("otherwise")))
        return _sign("{") + _table(cases)


_SHAPES = _Shapes()
