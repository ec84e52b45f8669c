"""Programs and conditions as plain data, for the way to the solvers' process and back into objects there."""

from __future__ import annotations

from typing import Any

from grader.networks.condition import And, Atom, Condition, Or
from grader.networks.pieces import Runs
from grader.networks.program import Program, Unit


def plain_program(program: Program) -> dict[str, Any]:
    """A program with units above the inputs as JSON has it."""
    layers = [
        [{"terms": unit.terms, "cuts": unit.pieces.cuts, "values": unit.pieces.values} for unit in layer]
        for layer in program.layers
    ]
    return {"inputs": program.inputs, "layers": layers, "one": program.one, "zero": program.zero}


def program(data: dict[str, Any]) -> Program:
    """What ``plain_program`` wrote."""
    layers = tuple(
        tuple(
            Unit(
                tuple((index, weight) for index, weight in unit["terms"]),
                Runs(tuple(unit["cuts"]), tuple(tuple(value) for value in unit["values"])),
            )
            for unit in layer
        )
        for layer in data["layers"]
    )
    return Program(tuple(data["inputs"]), layers, data["one"], data["zero"])


def plain_condition(condition: Condition) -> list[Any]:
    """A condition as JSON has it."""
    if isinstance(condition, Atom):
        return [condition.relation, condition.terms]
    return ["and" if isinstance(condition, And) else "or", [plain_condition(part) for part in condition.parts]]


def condition(data: list[Any]) -> Condition:
    """What ``plain_condition`` wrote."""
    kind, parts = data
    if kind in ("and", "or"):
        inner = tuple(condition(part) for part in parts)
        return And(inner) if kind == "and" else Or(inner)
    terms = (([(index, power) for index, power in monomial], c) for monomial, c in parts)
    return Atom(tuple((tuple(monomial), c) for monomial, c in terms), kind)
