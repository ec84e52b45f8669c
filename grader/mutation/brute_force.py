"""What an answer means, found out by trying inputs: plain evaluation that shares nothing with the checks under test."""

from __future__ import annotations

import functools
import itertools
import math
import operator
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from grader.assignment.config import Config, Item
from grader.frozen import frozen
from grader.language import nodes, reading
from grader.language.nodes import Node
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
    yield isinstance(node, nodes.Order)
    node = node.argument if isinstance(node, nodes.Order) else node
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
    if isinstance(node, nodes.Array):
        return tuple(map(_entries, node.entries))
    return value(node, {})


def network(part: Any, answer: Any) -> Iterator[Any]:
    """The outputs on a box around 0, the simplest inputs first, and on large inputs with and without ties."""
    layers = list(_layers(part, answer))
    for inputs in _inputs(len(part.inputs)):
        values: Sequence[Fraction | int] = inputs
        for units in layers:
            values = [
                activation(sum(w * x for w, x in zip(row, values) if w) + bias) for row, bias, activation in units
            ]
        yield tuple(values)


def _layers(part: Any, answer: Any) -> Iterator[list[Any]]:
    """The weights, the bias and the activation of each unit of each layer."""
    given = [
        {"W": answer[layer.W], "b": answer[layer.b], "activation": layer.activation} for layer in part.layers or ()
    ]
    for layer in given or answer["layers"]:
        rows = layer["W"] if isinstance(layer["W"][0], list) else [layer["W"]]
        biases, activations = (
            found if isinstance(found, list) else [found] * len(rows)
            for found in (layer.get("b", 0), layer["activation"])
        )
        yield [
            ([_exact(w) for w in row], _exact(bias), _function(activation))
            for row, bias, activation in zip(rows, biases, activations)
        ]


def _exact(written: Any) -> Fraction | int:
    exact = Fraction(str(written))
    return exact.numerator if exact.denominator == 1 else exact


@functools.cache
def _function(text: str) -> Any:
    node = reading.activation(text).node

    @functools.cache
    def at(z: Fraction | int) -> Fraction | int:
        return _exact(Fraction(value(node, {"z": Fraction(z)})))

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
        return evaluated(node, names, _EXACT)
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return None


Operation = Callable[[Any, Any], Any]


@frozen
class Arithmetic:
    """What a number is, what functions give, and how two values are put together: entry by entry, or multiplied."""

    functions: Mapping[str, Callable[..., Any]]
    number: Callable[[Fraction], Any] = Fraction
    entrywise: Callable[[Operation, Any, Any], Any] = lambda operation, left, right: operation(left, right)
    times: Callable[[Any, str, Any], Any] = lambda left, sign, right: left * right


def evaluated(node: Node, names: Mapping[str, Any], by: Arithmetic) -> Any:
    """What a node comes to. Raises what Python raises where there is no such value."""

    def of(inner: Node) -> Any:
        return evaluated(inner, names, by)

    match node:
        case nodes.Number():
            return by.number(node.value)
        case nodes.Truth():
            return node.value
        case nodes.Name():
            return names[node.name]
        case nodes.Sum():
            return functools.reduce(functools.partial(by.entrywise, operator.add), map(of, node.terms))
        case nodes.Negative():
            return -of(node.operand)
        case nodes.Product():
            result = of(node.factors[0])
            for sign, factor in zip(node.signs, map(of, node.factors[1:])):
                divided = sign == "/"
                result = by.entrywise(operator.truediv, result, factor) if divided else by.times(result, sign, factor)
            return result
        case nodes.Power():
            return by.entrywise(operator.pow, of(node.base), of(node.exponent))
        case nodes.Transpose():
            return by.functions["transpose"](of(node.operand))
        case nodes.Call():
            return by.functions[node.function + "'" * node.derivative](*map(of, node.arguments))
        case nodes.Indicator():
            return Fraction(of(node.condition))
        case nodes.And():
            return all(map(of, node.parts))
        case nodes.Or():
            return any(map(of, node.parts))
        case nodes.Not():
            return not of(node.part)
        case nodes.Comparison():
            operands = [of(operand) for operand in node.operands]
            return all(_RELATIONS[sign](a, b) for sign, a, b in zip(node.relations, operands, operands[1:]))
        case nodes.Member(element, nodes.Set(elements)):
            return of(element) in map(of, elements)
        case nodes.Member(element, nodes.Interval(low, high, low_closed, high_closed)):
            above, below = _RELATIONS[">=" if low_closed else ">"], _RELATIONS["<=" if high_closed else "<"]
            return above(of(element), of(low)) and below(of(element), of(high))
    raise TypeError(node)


_RELATIONS: Mapping[str, Operation] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip

_EXACT = Arithmetic({
    "e": lambda: math.e, "pi": lambda: math.pi, "max": max, "min": min, "sqrt": math.sqrt, "exp": math.exp,
    "log": math.log, "floor": math.floor, "ceil": math.ceil, "abs": abs, "identity": lambda z: z,
    "relu": lambda z: max(z, 0), "square": lambda z: z * z, "cube": lambda z: z**3, "step": lambda z: Fraction(z >= 0),
    "sign": lambda z: Fraction((z > 0) - (z < 0)), "factorial": lambda n: math.factorial(int(n)),
    "transpose": lambda z: z,
})  # fmt: skip
