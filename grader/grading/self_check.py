"""The student's own check: what can be read and how it was understood, and what may be judged without the reference."""

from __future__ import annotations

from pathlib import Path

from grader import answers, submission
from grader.answers import Answers
from grader.assignment.config import Config, Item
from grader.grading import judging
from grader.grading.homework import Homework
from grader.grading.marking import Emit, ignore, run
from grader.report import Finding, Report


def self_check(path: Path, config: Config, emit: Emit = ignore) -> Report:
    """Reads the submission at ``path``; judges networks and backward equations, where the config says so.

    Needs no reference. Items that are read and not judged have the code ``self_check.read``.
    """
    homework = Homework(config)
    given = answers.read(submission.read(path, config.limits), config)
    return run(given, homework, _judge, emit)


def _judge(homework: Homework, items: tuple[Item, ...], given: Answers) -> dict[str, Finding]:
    allowed = homework.config.self_check
    kind = items[0].kind
    if (kind == "network" and allowed.networks) or (kind == "equation" and allowed.backward):
        return judging.judge(homework, items, given)
    return {item.name: judging.UNMARKED for item in items if given.items[item.name].status == "read"}
