"""Networks are stated and read without numpy or a solver, and the simple ones judged without them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_numpy_and_solvers_are_loaded_only_where_they_are_needed() -> None:
    code = (
        "import sys; import grader.checks.network, grader.forms.network, grader.networks.proof.agreement; "
        "heavy = {'numpy', 'z3', 'flint', 'sympy'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(filter(None, sys.path))})


def test_small_boxes_and_finite_patterns_are_decided_without_any_of_them() -> None:
    code = """
import sys
sys.modules.update(dict.fromkeys(("numpy", "flint", "z3", "sympy")))  # importing one of them now fails
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "numpy" else found(name)
from pathlib import Path
from grader.assignment import config
from grader.checks import network
import plain_networks as plain
stated = config.load(Path("config.yaml"))
first, second = (network.problem(name, stated, self_check=True) for name in ("1.1", "1.2"))
for problem, layers, verdict in (
    (first, plain.element_network(), "correct"),
    (first, plain.element_network(1), "incorrect"),
    (second, plain.permutation_network(), "correct"),
    (second, plain.permutation_network(output="I(z = 1)"), "partial"),
    (second, plain.sorting(), "review"),  # right on the box; that needs a solver
):
    finding = network.examine(plain.typed(layers, len(problem.inputs)), problem)
    assert finding.verdict == verdict, finding
"""
    path = ":".join(filter(None, [str(ROOT / "tests" / "oracles"), *sys.path]))
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env={"PYTHONPATH": path})
