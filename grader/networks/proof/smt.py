"""The question "is there a failing input?" in SMT-LIB, the common language of solvers. Loads no solver."""

from __future__ import annotations

from collections.abc import Iterable

from grader.networks.condition import ALWAYS, And, Atom, Condition
from grader.networks.integer_network import IntegerNetwork, Unit


def question(network: IntegerNetwork, predicate: Condition, domain: Condition) -> str:
    """Declarations and assertions, satisfiable exactly by the integer inputs in the domain that fail.

    Input i is named ``x<i>``, from 0 on.
    """
    inputs = [f"x{index}" for index in range(len(network.inputs))]
    lines = [f"(declare-const {name} Int)" for name in inputs]
    if domain != ALWAYS:
        lines.append(f"(assert {_condition(domain, inputs)})")
    expected = _condition(predicate, inputs)
    if network.always is not None:
        wrong = f"(not {expected})" if network.always == 1 else expected if network.always == 0 else "true"
        return "\n".join([*lines, f"(assert {wrong})"])
    below = inputs
    for depth, layer in enumerate(network.layers):
        above = []
        for place, unit in enumerate(layer):
            total, value = f"y{depth}_{place}", f"h{depth}_{place}"
            weighted = _sum(_times(_integer(weight), [below[index]]) for index, weight in unit.terms)
            lines += [f"(declare-const {total} Int)", f"(assert (= {total} {weighted}))"]
            lines.append(f"(define-fun {value} () Int {_value(unit, total)})")
            above.append(value)
        below = above
    one = "false" if network.one is None else f"(= {below[0]} {_integer(network.one)})"
    zero = "false" if network.zero is None else f"(= {below[0]} {_integer(network.zero)})"
    return "\n".join([*lines, f"(assert (not (ite {expected} {one} {zero})))"])


def size(inputs: int) -> str:
    """The sum of the inputs' absolute values."""
    return _sum(f"(ite (>= x{index} 0) x{index} (- x{index}))" for index in range(inputs))


def _value(unit: Unit, total: str) -> str:
    value = _polynomial(unit.pieces.values[-1], total)
    for cut, piece in zip(reversed(unit.pieces.cuts), reversed(unit.pieces.values[:-1])):
        value = f"(ite (< {total} {_integer(cut)}) {_polynomial(piece, total)} {value})"
    return value


def _polynomial(coefficients: tuple[int, ...], at: str) -> str:
    return _sum(_times(_integer(c), [at] * power) for power, c in enumerate(coefficients) if c)


def _condition(whole: Condition, inputs: list[str]) -> str:
    if isinstance(whole, Atom):
        total = _sum(
            _times(_integer(c), [inputs[index] for index, power in monomial for _ in range(power)])
            for monomial, c in whole.terms
        )
        return f"(not (= {total} 0))" if whole.relation == "!=" else f"({whole.relation} {total} 0)"
    parts = " ".join(_condition(part, inputs) for part in whole.parts)
    neutral = "true" if isinstance(whole, And) else "false"
    return f"({'and' if isinstance(whole, And) else 'or'} {neutral} {parts})"


def _integer(number: int) -> str:
    return str(number) if number >= 0 else f"(- {-number})"


def _times(first: str, others: list[str]) -> str:
    return f"(* {first} {' '.join(others)})" if others else first


def _sum(terms: Iterable[str]) -> str:
    many = list(terms)
    return f"(+ {' '.join(many)})" if len(many) > 1 else many[0] if many else "0"
