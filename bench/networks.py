"""Networks: the box against float64 evaluation and the memory bandwidth, and the time of a proof by family."""

from __future__ import annotations

import importlib
import os
import statistics
import sys
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy: one thread for both sides
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "oracles"))

import numpy as np
import plain_networks as plain
from network_families import DESIGNS

from grader.assignment import config
from grader.checks import network
from grader.networks import arrays, box
from grader.networks.condition import ALWAYS
from grader.networks.network import over_integers
from grader.networks.proof import agreement, solver
from grader.networks.proof.agreement import Proved, Refuted

ROOT = Path(__file__).resolve().parents[1]
LOW, HIGH, INPUTS = -6, 6, 6
POINTS = (HIGH - LOW + 1) ** INPUTS


def best(run: Callable[[], object], times: int = 5) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return min(found)


def float_evaluation(layers: plain.Plain, chunk: int = 100_000) -> Callable[[], float]:
    """X @ W.T in float64, chunk by chunk, inputs made beforehand: what a grader does without thinking about it."""
    matrices = [np.array([[float(v) for v in row] for row in rows]) for rows, _, _ in layers]

    def run() -> float:
        spent = 0.0
        for start in range(0, POINTS, chunk):
            places = np.arange(start, min(POINTS, start + chunk))
            inputs = np.stack(np.unravel_index(places, (HIGH - LOW + 1,) * INPUTS), 1).astype(float) + LOW
            begin = time.perf_counter()
            sums = inputs @ matrices[0].T
            hidden = ((sums >= -1) & (sums <= 1)).astype(float)
            hidden = (hidden @ matrices[1].T == 3).astype(float)
            (hidden @ matrices[2].T >= 1).astype(float)
            spent += time.perf_counter() - begin
        return spent

    return run


def the_box() -> None:
    layers = plain.permutation_network()
    compiled = over_integers(plain.typed(layers, INPUTS))
    predicate = network.problem("1.2", _stated()).predicate
    plans = list(map(arrays.planned, box.bounded(compiled, LOW, HIGH)))

    def ours() -> None:
        for columns in arrays.chunks(plans, INPUTS, LOW, HIGH):
            arrays.evaluate(plans, columns)

    floats = min(float_evaluation(layers)() for _ in range(3))
    exact = best(ours)
    whole = best(lambda: arrays.survey(compiled, predicate, LOW, HIGH))
    tracemalloc.start()
    arrays.survey(compiled, predicate, LOW, HIGH)
    extra = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    source = np.ones(POINTS * 8, dtype=np.int8)
    target = np.empty_like(source)
    bandwidth = 2 * source.size / best(lambda: np.copyto(target, source))
    # each of the six orders: one addition, one comparison and one sum at full size, a byte a point, read and written
    moved = 6 * (2 + 2 + 3) * POINTS
    print(f"  9-6-1 equality network, {POINTS:,} inputs, every number exact:")
    print(f"    float64 X @ W.T by chunks  {POINTS / floats / 1e6:7.1f} million inputs a second")
    print(f"    the box, network alone     {POINTS / exact / 1e6:7.0f}   = {floats / exact:.1f} times (goal: 15)")
    print(f"    with predicate and count   {POINTS / whole / 1e6:7.0f}   = {floats / whole:.1f} times")
    print(f"    extra memory               {extra:7.1f} MB (goal: under 60)")
    print(
        f"    moves at least {moved / exact / 1e9:.1f} GB/s, where copying in memory moves {bandwidth / 1e9:.1f} GB/s: "
        f"{moved / exact / bandwidth:.2f} of that bound (above 1: chunks stay in the cache)"
    )


def _stated() -> config.Config:
    return config.load(ROOT / "config.yaml")


def the_proofs() -> None:
    stated = _stated()
    problems = {name: network.problem(name, stated) for name in ("1.1", "1.2")}
    limits = solver.Limits()
    start = time.perf_counter()
    importlib.import_module("z3")
    print(f"  z3 is loaded in {time.perf_counter() - start:.2f} s; from then on:")
    times: dict[str, list[float]] = defaultdict(list)
    methods: dict[str, list[float]] = defaultdict(list)
    for design in DESIGNS:
        typed = plain.typed(design.layers, design.inputs)
        compiled = over_integers(typed)
        predicate = problems[design.part].predicate
        run = partial(agreement.agree, typed, compiled, predicate, ALWAYS, limits)
        answer = run()
        spent = best(run, 3)
        times[design.family].append(spent)
        if isinstance(answer, (Proved, Refuted)):
            methods[answer.method].append(spent)
    for title, table in (("family", times), ("method", methods)):
        print(f"    {title:<22} designs   median    worst")
        for name, found in sorted(table.items()):
            print(f"    {name:<22} {len(found):>7} {statistics.median(found) * 1e3:6.1f} ms {max(found) * 1e3:6.1f} ms")


if __name__ == "__main__":
    print("Networks")
    the_box()
    the_proofs()
