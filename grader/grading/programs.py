"""A student's ``backprop.py``: run by the sandbox on the instances, and its values handed to the backward check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader import sandbox
from grader.answers import Answers
from grader.assignment.config import Config
from grader.checks import backward

if TYPE_CHECKING:
    from grader.gradients.instances import Differentiated


def values(given: Answers, differentiated: Differentiated, config: Config) -> backward.Program | None:
    """What ``backward(v)`` returned on each trial, or the finding that says why there is nothing; None without one."""
    if given.program is None:
        return None
    limits = sandbox.Limits(config.limits.python_seconds, config.limits.python_megabytes)
    inputs = backward.program_inputs(differentiated)
    required = config.python_answers.isolation
    outcome = sandbox.run(given.program, inputs, limits, required, beside=given.beside)
    if outcome.values is not None:
        return outcome.values
    assert outcome.reason is not None
    return outcome.reason.finding()
