"""A student's ``backprop.py``: run by the sandbox on the instances, and its values handed to the backward check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.checks import backward
from grader.config import Config
from grader.report import Finding, Verdict

if TYPE_CHECKING:
    from grader.gradients.instances import Differentiated

_NOT_THE_STUDENTS = "python.isolation"


def values(source: bytes, differentiated: Differentiated, config: Config) -> backward.Program:
    """What ``backward(v)`` returned on each instance, or the finding that says why there is nothing."""
    from grader import sandbox

    limits = sandbox.Limits(config.limits.python_seconds, config.limits.python_megabytes)
    inputs = backward.program_inputs(differentiated)
    outcome = sandbox.run(source, inputs, limits, required=config.python_answers.isolation)
    if outcome.values is not None:
        return outcome.values
    assert outcome.reason is not None
    verdict = Verdict.REVIEW if outcome.reason.code == _NOT_THE_STUDENTS else Verdict.INVALID
    return Finding(verdict, outcome.reason.blocks, outcome.reason.code)
