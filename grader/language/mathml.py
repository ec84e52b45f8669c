"""Nodes as MathML, for reports in a browser. Everything that came from a typed text is escaped."""

from __future__ import annotations

from html import escape

from grader.language import writing
from grader.language.nodes import (
    And,
    Array,
    Call,
    Choice,
    Comparison,
    Derivative,
    Entries,
    Entry,
    Gap,
    Indicator,
    Interval,
    Member,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Or,
    Order,
    Power,
    Product,
    Set,
    Sum,
    Total,
    Transpose,
    Truth,
)  # fmt: skip

_RELATIONS = {"<=": "≤", ">=": "≥", "!=": "≠"}
_SIGNS = {"": "\u2062", "*": "·", "@": "\u2062", "∘": "∘"}


def render(node: Node) -> str:
    """The node as one ``<math>`` element."""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{_row(node)}</math>'


def _row(node: Node) -> str:
    return f"<mrow>{_inner(node)}</mrow>"


def _sign(text: str) -> str:
    return f"<mo>{escape(text)}</mo>"


def _word(text: str) -> str:
    return f"<mtext>{escape(text)}</mtext>"


def _bracketed(*nodes: Node, opening: str = "(", closing: str = ")") -> str:
    return f"<mrow>{_sign(opening)}{_sign(',').join(_row(node) for node in nodes)}{_sign(closing)}</mrow>"


def _tight(node: Node, *loose: type) -> str:
    return _bracketed(node) if isinstance(node, loose) else _row(node)


def _inner(node: Node) -> str:
    if isinstance(node, Number):
        return _number(node)
    if isinstance(node, Name):
        return _name(node.name)
    if isinstance(node, Sum):
        return _sum(node)
    if isinstance(node, Negative):
        return _sign("−") + _tight(node.operand, Sum, Negative, Choice)
    if isinstance(node, Product):
        return _product(node)
    if isinstance(node, Power):
        base = _tight(node.base, Sum, Negative, Product, Power, Transpose, Choice)
        return f"<msup>{base}{_row(node.exponent)}</msup>"
    if isinstance(node, Transpose):
        return f"<msup>{_tight(node.operand, Sum, Negative, Product, Choice)}<mo>⊤</mo></msup>"
    if isinstance(node, Array):
        return _array(node)
    if isinstance(node, Order):
        return f"<mi>{node.kind}</mi>{_bracketed(node.argument)}"
    if isinstance(node, Call):
        return _call(node)
    if isinstance(node, Entry):
        array = _tight(node.array, Sum, Negative, Product, Power, Transpose, Choice, Derivative)
        return f"<msub>{array}{_inside(node.indices)}</msub>"
    if isinstance(node, Entries):
        return _inner(node.body)
    if isinstance(node, Total):
        return f"<msub>{_sign('∑')}<mi>{escape(node.index)}</mi></msub>{_tight(node.body, Sum, Negative, Choice)}"
    if isinstance(node, Derivative):
        return f"<mfrac><mrow>{_sign('∂')}{_row(node.of)}</mrow><mrow>{_sign('∂')}{_row(node.by)}</mrow></mfrac>"
    return _logic(node)


def _inside(indices: tuple[Node, ...]) -> str:
    return f"<mrow>{_sign(',').join(_row(index) for index in indices)}</mrow>"


def _number(node: Number) -> str:
    text = writing.text(node)
    sign, digits = ("<mo>−</mo>", text[1:]) if text.startswith("-") else ("", text)
    above, slash, below = digits.partition("/")
    if slash:
        return f"{sign}<mfrac><mn>{above}</mn><mn>{below}</mn></mfrac>"
    return f"{sign}<mn>{digits}</mn>"


def _name(name: str) -> str:
    stem, bar = name.removesuffix("_bar"), name.endswith("_bar")
    primes = len(stem) - len(stem.rstrip("'"))
    stem = stem.rstrip("'")
    letters = stem.rstrip("0123456789").rstrip("_")
    index = stem[len(letters) :].lstrip("_")
    written = f"<mi>{escape(letters)}</mi>"
    if index:
        written = f"<msub>{written}<mn>{index}</mn></msub>"
    if primes:
        written = f"<msup>{written}<mo>{'′' * primes}</mo></msup>"
    return f'<mover accent="true">{written}<mo>¯</mo></mover>' if bar else written


def _sum(node: Sum) -> str:
    written = _tight(node.terms[0], Sum, Choice)
    for term in node.terms[1:]:
        if isinstance(term, Negative):
            written += _sign("−") + _tight(term.operand, Sum, Negative, Choice)
        else:
            written += _sign("+") + _tight(term, Sum, Choice)
    return written


def _product(node: Product) -> str:
    written = _tight(node.factors[0], Sum, Negative, Choice)
    for sign, factor in zip(node.signs, node.factors[1:]):
        if sign == "/":
            # What stands to the left of a slash is all divided, left to right.
            written = f"<mfrac><mrow>{written}</mrow>{_row(factor)}</mfrac>"
        else:
            digits = sign == "" and isinstance(factor, Number)
            written += _sign("·" if digits else _SIGNS[sign]) + _tight(
                factor, Sum, Negative, Choice, *((Product,) if sign else ())
            )
    return written


def _array(node: Array) -> str:
    rows = [entry.entries if isinstance(entry, Array) else None for entry in node.entries]
    if any(row is None for row in rows):
        return _bracketed(*node.entries, opening="[", closing="]")
    cells = "".join(f"<mtr>{''.join(f'<mtd>{_row(cell)}</mtd>' for cell in row or ())}</mtr>" for row in rows)
    return f"{_sign('[')}<mtable>{cells}</mtable>{_sign(']')}"


def _call(node: Call) -> str:
    if node.function == "abs":
        return _sign("|") + _row(node.arguments[0]) + _sign("|")
    if node.function == "sqrt":
        return f"<msqrt>{_row(node.arguments[0])}</msqrt>"
    if node.function == "factorial":
        return _tight(node.arguments[0], Sum, Negative, Product, Power, Choice) + _sign("!")
    function = f"<mi>{escape(node.function)}</mi>"
    if node.function == "log" and len(node.arguments) == 2:
        return f"<msub>{function}{_row(node.arguments[1])}</msub>{_bracketed(node.arguments[0])}"
    if node.derivative:
        function = f"<msup>{function}<mo>{'′' * node.derivative}</mo></msup>"
    return function + (_bracketed(*node.arguments) if node.arguments else "")


def _logic(node: Node) -> str:
    if isinstance(node, Comparison):
        written = _row(node.operands[0])
        for relation, operand in zip(node.relations, node.operands[1:]):
            written += _sign(_RELATIONS.get(relation, relation)) + _row(operand)
        return written
    if isinstance(node, Member):
        return _row(node.element) + _sign("∈") + _row(node.container)
    if isinstance(node, And):
        return _word(" and ").join(_tight(part, Or, And) for part in node.parts)
    if isinstance(node, Or):
        return _word(" or ").join(_tight(part, Or) for part in node.parts)
    if isinstance(node, Not):
        return _word("not ") + _tight(node.part, Or, And)
    if isinstance(node, Indicator):
        return "<mi>I</mi>" + _bracketed(node.condition)
    if isinstance(node, Choice):
        cases = [(_row(chosen), _word("if ") + _row(condition)) for condition, chosen in node.branches]
        if not isinstance(node.otherwise, Gap):
            cases.append((_row(node.otherwise), _word("otherwise")))
        rows = "".join(f"<mtr><mtd>{a}</mtd><mtd>{b}</mtd></mtr>" for a, b in cases)
        return f"{_sign('{')}<mtable>{rows}</mtable>"
    if isinstance(node, Set):
        return _bracketed(*node.elements, opening="{", closing="}")
    if isinstance(node, Interval):
        ends = "[" if node.low_closed else "(", "]" if node.high_closed else ")"
        return _bracketed(node.low, node.high, opening=ends[0], closing=ends[1])
    if isinstance(node, Truth):
        return _word("true" if node.value else "false")
    raise TypeError(f"not a node: {node!r}")
