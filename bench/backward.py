"""Time to judge all ten backward equations of an example, warm, and against the same gradients in plain numpy."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import numpy as np

from grader import answers
from grader.assignment import config
from grader.assignment.part_kinds import BackwardPart
from grader.checks import backward
from grader.gradients import points, procedure, proof

ROOT = Path(__file__).parents[1]
EXAMPLES = ("full_marks", "missing_transposes", "diagonal_softmax", "hadamard_for_product", "handwritten")


def milliseconds(call: Any, repeats: int = 15) -> float:
    call()
    times = []
    for _ in range(repeats):
        start = process_time()
        call()
        times.append(process_time() - start)
    return 1000 * median(times)


def anew(typed: Any, derived: Any) -> None:
    """What is kept of equal equations is forgotten first."""
    proof._shape_in.cache_clear()
    backward._proved.cache_clear()
    backward._refuted.cache_clear()
    backward.judge(typed, derived)


def plain(v: dict[str, Any]) -> Any:
    upstream = v["y_prime"] - np.eye(v["y_prime"].size)[v["t"]]
    g2 = v["W3"].T @ upstream
    return v["W1"].T @ ((v["z1"] > 0) * v["g1"] * g2) + v["W2"].T @ (v["g1"] * (1 - v["g1"]) * v["h"] * g2)


def main() -> None:
    stated = config.load(ROOT / "config.yaml")
    part = stated.parts["2.1.2"]
    assert isinstance(part, BackwardPart)
    forward = stated.procedures[part.procedure]
    read_ = procedure.read(forward)
    start = process_time()
    derived = points.differentiated(read_, part.of)
    taken = 1000 * (process_time() - start)
    print(f"differentiating: {taken:.1f} ms once; a proof looks at {len(derived.regions)} regions")
    inputs = backward.program_inputs(derived)
    base = milliseconds(lambda: [plain(v) for v in inputs])
    slowest = 0.0
    for example in EXAMPLES:
        given = answers.of(ROOT / "submissions_example" / example, stated).items.values()
        typed = {one.item.variable: one.value for one in given if one.item.part == "2.1.2" and one.status == "read"}
        taken = milliseconds(lambda typed=typed: anew(typed, derived))
        slowest = max(slowest, taken)
        print(f"{example:24} {taken:6.1f} ms for {len(typed)} equations, {taken / base:5.0f} times plain numpy")
    print(f"slowest: {slowest:.1f} ms (goal: under 40 ms)")


if __name__ == "__main__":
    main()
