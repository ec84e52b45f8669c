"""Nodes as text again: plain, with as few brackets as reading back allows."""

from __future__ import annotations

from fractions import Fraction

from grader.language.nodes import (
    And,
    Array,
    Call,
    Choice,
    Comparison,
    Derivative,
    Entries,
    Entry,
    Function,
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
)

_LOGIC, _COMPARED, _SUM, _PRODUCT, _ADJACENT, _POWER, _ATOM = range(7)
"""How tightly the written text binds; what binds less tightly than its place asks for gets brackets."""


def text(node: Node) -> str:
    """The node in plain text, which reads back as an equal node."""
    return _plain(node)[0]


def definition(name: str, node: Node) -> str:
    """What a name of the student's own stands for: ``f(u) = …``, ``P_ij = …``."""
    if isinstance(node, Function):
        return f"{name}({', '.join(node.parameters)}) = {text(node.body)}"
    if isinstance(node, Entries):
        return f"{f'({name})' if '/' in name else name}{_below(node.indices)} = {text(node.body)}"
    return f"{name} = {text(node)}"


def _below(indices: tuple[str, ...]) -> str:
    plain = len(indices) == 1 or all(len(one) == 1 and one.isalpha() for one in indices)
    written = ("" if plain else ",").join(indices)
    return f"_{written}" if plain and "'" not in written else f"_{{{written}}}"


def _in(node: Node, binding: int) -> str:
    written, tightness = _plain(node)
    return written if tightness >= binding else f"({written})"


def _plain(node: Node) -> tuple[str, int]:
    if isinstance(node, Number):
        return _number(node.value)
    if isinstance(node, Name):
        return node.name, _ATOM
    if isinstance(node, Sum):
        return _sum(node), _SUM
    if isinstance(node, Negative):
        return "-" + _in(node.operand, _PRODUCT), _SUM
    if isinstance(node, Product):
        return _product(node)
    if isinstance(node, Power):
        return _power(node), _POWER
    if isinstance(node, Transpose):
        return _in(node.operand, _POWER) + "^T", _POWER
    if isinstance(node, (Call, Order)):
        return _call(node)
    if isinstance(node, Array):
        return "[" + ", ".join(text(entry) for entry in node.entries) + "]", _ATOM
    if isinstance(node, Entry):
        below = tuple(text(index) for index in node.indices)
        return _in(node.array, _ATOM) + _below(below), _ATOM
    if isinstance(node, Entries):
        return _plain(node.body)
    if isinstance(node, Total):
        return (
            f"sum{_below((node.index,))} {_factor(node.body) if isinstance(node.body, Sum) else text(node.body)}",
            _PRODUCT,
        )
    if isinstance(node, Derivative):
        return f"∂{node.of.name}/∂{node.by.name}", _PRODUCT
    if isinstance(node, Gap):
        return "…", _ATOM
    return _condition(node)


def _number(value: Fraction) -> tuple[str, int]:
    if value < 0:
        return "-" + _number(-value)[0], _SUM
    if value.denominator == 1:
        return str(value.numerator), _ATOM
    twos_and_fives = value.denominator
    digits = 0
    while twos_and_fives % 10 == 0 or twos_and_fives % 5 == 0 or twos_and_fives % 2 == 0:
        twos_and_fives //= 10 if twos_and_fives % 10 == 0 else 5 if twos_and_fives % 5 == 0 else 2
        digits += 1
    if twos_and_fives == 1 and digits <= 20:
        scaled = str(int(value * 10**digits)).rjust(digits + 1, "0")
        return f"{scaled[:-digits]}.{scaled[-digits:]}".rstrip("0"), _ATOM
    return f"{value.numerator}/{value.denominator}", _PRODUCT


def _sum(node: Sum) -> str:
    first = _signed(node.terms[0])
    rest = (
        f" - {_in(term.operand, _PRODUCT)}" if isinstance(term, Negative) else f" + {_in(term, _PRODUCT)}"
        for term in node.terms[1:]
    )
    return first + "".join(rest)


def _signed(term: Node) -> str:
    return "-" + _in(term.operand, _PRODUCT) if isinstance(term, Negative) else _in(term, _PRODUCT)


def _product(node: Product) -> tuple[str, int]:
    adjacent = all(sign == "" for sign in node.signs)
    written = _factor(node.factors[0], first=True)
    mixed = False
    for before, sign, factor in zip(node.factors, node.signs, node.factors[1:]):
        if sign == "":
            if mixed:
                # Side by side binds first, so a run after another sign cannot be written flat.
                written = f"({written})"
                mixed = False
            following = _factor(factor, number=True)
            if isinstance(before, Call) and not before.arguments and following.startswith("("):
                # I (…) would be an indicator.
                written = f"{written[: -len(text(before))]}({text(before)})"
            written += (" " if _apart(before, following) else "") + following
            continue
        mixed = True
        operand = _factor(factor, after=sign)
        written += f" {sign} {operand}" if sign in ("∘", "@") else f"{sign}{operand}"
    return written, _ADJACENT if adjacent else _PRODUCT


def _apart(before: Node, following: str) -> bool:
    letters = isinstance(before, Name) and len(before.name) == 1
    return not (following.startswith("(") or isinstance(before, Number) or (letters and len(following) == 1)) or (
        isinstance(before, Number) and following[:1] in "eE"
    )


def _factor(node: Node, first: bool = False, number: bool = False, after: str = "") -> str:
    if isinstance(node, Product):
        side_by_side = all(sign == "" for sign in node.signs)
        bracketed = first or number or not side_by_side or after == "/"
        return f"({text(node)})" if bracketed else text(node)
    if number and (isinstance(node, Number) or (isinstance(node, Power) and isinstance(node.base, Number))):
        return f"({text(node)})"
    return _in(node, _POWER)


def _power(node: Power) -> str:
    base = _in(node.base, _ATOM)
    exponent = node.exponent
    plain, tightness = _plain(exponent)
    simple = tightness == _ATOM or (isinstance(exponent, Power) and tightness == _POWER)
    simple = simple and plain != "1"  # before a slash, it could be the start of a fraction
    return f"{base}^{plain}" if simple else f"{base}^({plain})"


def _call(node: Call | Order) -> tuple[str, int]:
    if isinstance(node, Order):
        return f"{node.kind}({text(node.argument)})", _ATOM
    if node.function == "factorial":
        return _in(node.arguments[0], _ATOM) + "!", _POWER
    if not node.arguments:
        return {"eye": "I"}.get(node.function, node.function), _ATOM
    arguments = [text(argument) for argument in node.arguments]
    if node.function == "log" and len(arguments) == 2:
        return f"log_{arguments[1]}({arguments[0]})", _ATOM
    return f"{node.function}{chr(39) * node.derivative}({', '.join(arguments)})", _ATOM


def _condition(node: Node) -> tuple[str, int]:
    if isinstance(node, Comparison):
        parts = [_in(node.operands[0], _SUM)]
        for relation, operand in zip(node.relations, node.operands[1:]):
            parts.append(f" {relation} {_in(operand, _SUM)}")
        return "".join(parts), _COMPARED
    if isinstance(node, Member):
        return f"{_in(node.element, _SUM)} in {_container(node.container)}", _COMPARED
    if isinstance(node, And):
        return " and ".join(_in(part, _COMPARED) for part in node.parts), _LOGIC
    if isinstance(node, Or):
        return " or ".join(text(part) if isinstance(part, And) else _in(part, _COMPARED) for part in node.parts), _LOGIC
    if isinstance(node, Not):
        return "not " + _in(node.part, _COMPARED), _COMPARED
    if isinstance(node, Truth):
        return "true" if node.value else "false", _ATOM
    if isinstance(node, Indicator):
        return f"I({text(node.condition)})", _ATOM
    if isinstance(node, Choice):
        cases = [f"{_in(chosen, _COMPARED)} if {text(condition)}" for condition, chosen in node.branches]
        if isinstance(node.otherwise, Gap):
            rows = (f"{text(chosen)} & {text(condition)}" for condition, chosen in node.branches)
            return "\\begin{cases} " + " \\\\ ".join(rows) + " \\end{cases}", _ATOM
        return " else ".join([*cases, text(node.otherwise)]), _LOGIC
    if isinstance(node, (Interval, Set)):
        return _container(node), _ATOM
    raise TypeError(f"not a node: {node!r}")


def _container(node: Interval | Set) -> str:
    if isinstance(node, Set):
        return "{" + ", ".join(text(element) for element in node.elements) + "}"
    return f"{'[' if node.low_closed else '('}{text(node.low)}, {text(node.high)}{']' if node.high_closed else ')'}"
