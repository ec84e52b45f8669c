"""One submission under the supervisor's clock, whose process imports neither the checks nor what they need."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from grader import supervisor
from grader.assignment import config as configuration
from grader.cli import project
from grader.report import Report

if TYPE_CHECKING:
    from grader.assignment.config import Config
    from grader.decisions import Decisions
    from grader.grading import Homework


def grade(
    path: Path,
    config: Config,
    reference: Path,
    renders: Mapping[str, supervisor.Render],
    decisions: Decisions,
    names: tuple[str, ...],
) -> supervisor.Marked:
    """Marks the submission at ``path``, which goes by these names in decisions.

    Raises ``project.Faulty`` for a config, a reference or decisions that cannot be used.
    """

    def work(emit: supervisor.Emit) -> Report:
        from grader import answers
        from grader.decisions import Faulty
        from grader.grading.deciding import Deciding

        try:
            deciding = Deciding(decisions, homework(config, reference)).prepare()
        except Faulty as error:
            raise project.Faulty(str(error)) from error
        return deciding.mark(answers.of(path, config), names, emit)

    return _mark(work, config, renders)


def check(path: Path, config: Config, renders: Mapping[str, supervisor.Render]) -> supervisor.Marked:
    """A student's own check of the submission at ``path``: no answers are at hand, and none are needed."""

    def work(emit: supervisor.Emit) -> Report:
        from grader import answers, grading

        try:
            return grading.mark(answers.of(path, config), grading.Homework(config), emit=emit)
        except configuration.Faulty as error:
            raise project.Faulty(str(error)) from error

    return _mark(work, config, renders)


def homework(config: Config, reference: Path | None) -> Homework:
    """Config and, where there is one, reference, ready to mark with. Raises ``project.Faulty`` with their mistakes."""
    from grader import grading
    from grader.assignment import answer_key

    try:
        return grading.Homework(config, answer_key.load(reference, config) if reference else None).prepare()
    except (answer_key.Faulty, configuration.Faulty) as error:
        raise project.Faulty(str(error)) from error


def outline(config: Config) -> Report:
    """The report of a submission of which nothing was marked."""
    from grader import grading

    return grading.outline(config)


def _mark(work: supervisor.Work, config: Config, renders: Mapping[str, supervisor.Render]) -> supervisor.Marked:
    try:
        return supervisor.mark(
            work, lambda: outline(config), renders, config.limits.deadline, refusals=(project.Faulty,)
        )
    except supervisor.Refused as error:
        raise project.Faulty(str(error)) from error
