"""What an answer means, found out by trying inputs: plain evaluation that shares nothing with the checks under test."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from grader.assignment.config import Config, Item
from grader.language import reading
from grader.language.nodes import (
    And,
    Array,
    Call,
    Comparison,
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
    Transpose,
    Truth,
)  # fmt: skip
from grader.language.reading import Reading
from grader.language.unreadable import Unreadable

_POINTS = 16_000


def field(item: Item, text: str, read: Callable[[Item, str], Reading]) -> Iterator[Any]:
    """The entries of an array; else the values for small sizes, and whether it is stated as an order."""
    try:
        node = read(item, text).node
    except Unreadable:
        yield "unreadable"
        return
    if item.shape:
        yield _entries(node)
        return
    yield isinstance(node, Order)
    node = node.argument if isinstance(node, Order) else node
    most = 40 if len(item.symbols) == 1 else 14
    for values in itertools.product(range(1, most + 1), repeat=len(item.symbols)):
        found = value(node, dict(zip(item.symbols, map(Fraction, values))))
        yield f"{found:.9g}" if isinstance(found, float) else found


def equations(item: Item, config: Config, base: Any, answer: Any) -> Iterator[Any]:
    """What the equation of a variable gives on some instances, where those above it are as they are in ``base``."""
    from grader.mutation import backward

    part: Any = config.parts[item.part]
    return backward.gradients(config.procedures[part.procedure], item.variable, base, answer)


def _entries(node: Node) -> Any:
    if isinstance(node, Array):
        return tuple(map(_entries, node.entries))
    return value(node, {})


def network(part: Any, answer: Any) -> Iterator[Any]:
    """The outputs on a box around 0, the simplest inputs first, and on large inputs with and without ties."""
    layers = [_layer(*layer) for layer in _layers(part, answer)]
    for inputs in _inputs(len(part.inputs)):
        values: Sequence[Fraction | int] = inputs
        for rows, biases, activations in layers:
            values = [
                activation(sum(w * x for w, x in zip(row, values) if w) + bias)
                for row, bias, activation in zip(rows, biases, activations)
            ]
        yield tuple(values)


def _layers(part: Any, answer: Any) -> Iterator[tuple[list[Any], list[Any], list[str]]]:
    if part.layers:
        for layer in part.layers:
            rows, biases = answer[layer.W], answer[layer.b]
            rows = rows if isinstance(rows[0], list) else [rows]
            yield rows, biases if isinstance(biases, list) else [biases], [layer.activation] * layer.units
    else:
        for layer in answer["layers"]:
            rows = layer["W"]
            activation = layer["activation"]
            yield (
                rows,
                layer.get("b", [0] * len(rows)),
                activation if isinstance(activation, list) else [activation] * len(rows),
            )


def _layer(rows: list[Any], biases: list[Any], activations: list[str]) -> Any:
    return [[_exact(w) for w in row] for row in rows], [_exact(b) for b in biases], [_function(a) for a in activations]


def _exact(written: Any) -> Fraction | int:
    exact = Fraction(str(written))
    return exact.numerator if exact.denominator == 1 else exact


@cache
def _function(text: str) -> Any:
    node = reading.activation(text).node

    @cache
    def at(z: Fraction | int) -> Fraction | int:
        found = Fraction(value(node, {"z": Fraction(z)}))
        return found.numerator if found.denominator == 1 else found

    return at


def _inputs(count: int) -> Iterator[tuple[int, ...]]:
    radius = max(radius for radius in range(1, 60) if radius == 1 or (2 * radius + 1) ** count <= _POINTS)
    box = itertools.product(range(-radius, radius + 1), repeat=count)
    yield from sorted(box, key=lambda point: sum(map(abs, point)))
    rng = random.Random(0)
    for _ in range(400):
        few = [rng.randint(-(10**6), 10**6) for _ in range(rng.randint(1, count))]
        yield tuple(rng.choice(few) + rng.choice((0, 0, 0, 1, -1)) for _ in range(count))


def value(node: Node, names: Mapping[str, Fraction]) -> Any:
    """The number or truth of a node; None where it has none."""
    try:
        return _value(node, names)
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return None


def _value(node: Node, names: Mapping[str, Fraction]) -> Any:
    def of(inner: Node) -> Any:
        return _value(inner, names)

    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name):
        return names[node.name]
    if isinstance(node, Sum):
        return sum(map(of, node.terms), Fraction(0))
    if isinstance(node, Negative):
        return -of(node.operand)
    if isinstance(node, Product):
        result = of(node.factors[0])
        for sign, factor in zip(_joins(node), node.factors[1:]):
            result = result / of(factor) if sign == "/" else result * of(factor)
        return result
    if isinstance(node, Power):
        return of(node.base) ** of(node.exponent)
    if isinstance(node, Transpose):
        return of(node.operand)
    if isinstance(node, Call):
        return _call(node, [of(argument) for argument in node.arguments])
    return _truth(node, names)


def _joins(node: Product) -> tuple[str, ...]:
    return node.signs[-(len(node.factors) - 1) :]


def _truth(node: Node, names: Mapping[str, Fraction]) -> Any:
    def of(inner: Node) -> Any:
        return _value(inner, names)

    if isinstance(node, Truth):
        return node.value
    if isinstance(node, Indicator):
        return Fraction(of(node.condition))
    if isinstance(node, And):
        return all(map(of, node.parts))
    if isinstance(node, Or):
        return any(map(of, node.parts))
    if isinstance(node, Not):
        return not of(node.part)
    if isinstance(node, Comparison):
        operands = [of(operand) for operand in node.operands]
        return all(_RELATIONS[sign](a, b) for sign, a, b in zip(node.relations, operands, operands[1:]))
    if isinstance(node, Member):
        element, container = of(node.element), node.container
        if isinstance(container, Set):
            return any(of(one) == element for one in container.elements)
        return _within(element, container, of(container.low), of(container.high))
    raise TypeError(node)


_RELATIONS = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


def _within(element: Any, interval: Interval, low: Any, high: Any) -> bool:
    above = element >= low if interval.low_closed else element > low
    below = element <= high if interval.high_closed else element < high
    return bool(above and below)


def _call(node: Call, arguments: list[Any]) -> Any:
    if not arguments:
        return {"e": math.e, "pi": math.pi}[node.function]
    z = arguments[0]
    simple: dict[str, Callable[[], Any]] = {
        "identity": lambda: z, "relu": lambda: max(z, 0), "abs": lambda: abs(z), "square": lambda: z * z,
        "cube": lambda: z**3, "step": lambda: Fraction(z >= 0), "sign": lambda: Fraction((z > 0) - (z < 0)),
        "max": lambda: max(arguments), "min": lambda: min(arguments), "sqrt": lambda: z**0.5,
        "exp": lambda: math.exp(z), "log": lambda: math.log(*arguments), "ln": lambda: math.log(z),
        "log2": lambda: math.log(z, 2), "lg": lambda: math.log(z, 2), "log10": lambda: math.log(z, 10),
        "floor": lambda: math.floor(z), "ceil": lambda: math.ceil(z), "factorial": lambda: math.factorial(int(z)),
        "binomial": lambda: math.comb(int(z), int(arguments[1])),
    }  # fmt: skip
    if node.derivative or node.function not in simple:
        raise TypeError(node.function)
    return simple[node.function]()
