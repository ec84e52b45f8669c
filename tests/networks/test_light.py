"""Stating and reading network problems load neither numpy nor a solver."""

from __future__ import annotations

import subprocess
import sys


def test_numpy_and_solvers_are_loaded_only_where_they_are_needed() -> None:
    code = (
        "import sys; import grader.checks.network, grader.answers.network, grader.networks.proof.agreement; "
        "heavy = {'numpy', 'z3', 'flint', 'sympy'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(filter(None, sys.path))})
