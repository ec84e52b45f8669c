"""The grader's own working process, killed at random moments of a real marking: the results file is valid whenever."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from pathlib import Path

from grader import answers, grading, supervisor
from grader.cli import submission
from grader.processes import descendants
from grader.processes.destination import Destination
from grader.project import Project
from grader.reporters import gradescope

ROOT = Path(__file__).parents[2]
SUBMISSION = ROOT / "submissions_example" / "full_marks"


def refuse(constant: str) -> None:
    raise ValueError(constant)


def results(target: Path, project: Project) -> supervisor.Marked:
    with Destination(target) as destination:
        marked = submission.mark(project, SUBMISSION, {"json": gradescope.render}, ("ada",))
        destination.write(marked.texts.get("json") or supervisor.last_resort(marked.report))
    return marked


def kill_after(moment: float, before: frozenset[int]) -> None:
    """The only child that was not there before is the one that works."""
    time.sleep(moment)
    for pid in descendants.children() - before:
        os.kill(pid, signal.SIGKILL)


def test_every_results_file_is_valid(tmp_path: Path) -> None:
    project = Project(ROOT / "config.yaml")
    config = project.config
    names = [item.name for item in config.items]
    grading.mark(answers.of(SUBMISSION, config), project.homework)  # warm, before the forks
    start = time.monotonic()
    whole = results(tmp_path / "whole.json", project)
    seconds = time.monotonic() - start
    assert whole.report.faults == ()
    right = {item.item: item.score for item in whole.report.items}
    chance = random.Random(7)
    killed = 0
    for number in range(12):
        target = tmp_path / f"{number}.json"
        before = descendants.children()
        killer = threading.Thread(target=kill_after, args=(chance.uniform(0, seconds), before))
        killer.start()
        marked = results(target, project)
        killer.join()
        found = json.loads(target.read_text(encoding="utf-8"), parse_constant=refuse)
        assert [test["extra_data"]["item"] for test in found["tests"]] == names
        for test in found["tests"]:
            verdict, item = test["extra_data"]["verdict"], test["extra_data"]["item"]
            assert test["score"] == (0 if verdict == "review" else float(right[item]))
            assert "signal" not in test["output"]
        killed += bool(marked.report.faults)
    assert killed > 2
