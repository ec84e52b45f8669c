"""Mistakes in a config whose values are each of the right type: names that do not exist, bounds that cross.

Whether conditions, activations and steps can be read is for a floor above, which knows the language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from grader.assignment import faults
from grader.assignment.faults import Mistake
from grader.assignment.models import Limits, Procedure
from grader.assignment.part_kinds import Part


def find(read: dict[str, Any]) -> list[Mistake]:
    """The mistakes in what was read; sections that could not be read are left out."""
    procedures: dict[str, Procedure] = read["procedures"]
    parts: dict[str, Part] = read["parts"]
    found: list[Mistake] = []
    for name, procedure in procedures.items():
        found += [(("procedures", name, *path), message) for path, message in _procedure(procedure)]
    for name, part in parts.items():
        found += [(("parts", name, *path), message) for path, message in part.mistakes(procedures)]
    limits: Limits = read.get("limits", Limits())
    for key in ("proof_seconds", "python_seconds"):
        if getattr(limits, key) >= limits.deadline:
            found.append((("limits", key), f"it must be less than the deadline ({limits.deadline} seconds)"))
    return found


def _procedure(procedure: Procedure) -> Iterator[Mistake]:
    for section, shapes in (("inputs", procedure.inputs), ("parameters", procedure.parameters)):
        for name, shape in shapes.items():
            for size in shape:
                if size not in procedure.sizes and not size.isdigit():
                    yield (section, name), faults.unknown("size", size, procedure.sizes)
            if len(shape) > 2:
                yield (section, name), "a vector or a matrix is expected: at most two sizes"
    for name, size in procedure.label.items():
        if size not in procedure.sizes:
            yield ("label", name), faults.unknown("size", size, procedure.sizes)
    if not procedure.steps:
        yield ("steps",), "it cannot be empty"
    taken = Counter([*procedure.inputs, *procedure.label, *procedure.parameters, *procedure.steps])
    for name, count in taken.items():
        if count > 1:
            section = "steps" if name in procedure.steps else "parameters"
            yield (section, name), "this name is given to two things"
