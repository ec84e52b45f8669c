"""Marks without reading: what each submission gets is written in it, for tests of everything around it."""

from __future__ import annotations

import json
import os
import signal
import time
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from grader.assignment import config
from grader.batch.running import Marker
from grader.grading import Homework
from grader.report import Finding, ItemReport, Paragraph, PartReport, Report, Verdict

CONFIG = Path(__file__).resolve().parents[2] / "config.yaml"
CREDIT = {"correct": Fraction(1), "partial": Fraction(1, 2)}


class MadeUp(Marker):
    """Each submission holds ``answers.yaml``: JSON of item to [verdict, typed, canonical], ``*`` for all others."""

    salt = ""

    def prepare(self) -> None:
        _ = self.config

    @cached_property
    def homework(self) -> Homework:
        return Homework(self.config, decisions=self.decisions)

    @cached_property
    def key(self) -> str:
        return f"made up {self.salt}"

    def mark(self, path, name, emit, damaged=()) -> Report:
        file = path / "answers.yaml"
        answers = json.loads(file.read_text()) if file.exists() else {}
        report = self._report(answers, emit)
        if (path / "log").exists():
            with open((path / "log").read_text(), "a") as log:
                log.write(f"{path.name}\n")
        return report

    def _report(self, answers, emit=lambda item: None) -> Report:
        parts: dict[str, list[ItemReport]] = {}
        for item in self.config.items:
            verdict, typed, canonical = answers.get(item.name, answers.get("*", ["missing", "", ""]))
            if verdict == "crash":
                os._exit(3)
            if verdict == "kill_once":
                if not Path(typed).exists():
                    Path(typed).touch()
                    os.kill(os.getpid(), signal.SIGKILL)
                verdict = "correct"
            if verdict == "hang":
                time.sleep(3600)
            blocks = (Paragraph(f"{verdict}: {typed}"),)
            finding = Finding(Verdict(verdict), blocks, f"note.{verdict}", CREDIT.get(verdict, Fraction(0)), canonical)
            mathml = f"<math><mi>{canonical}</mi></math>" if canonical.isalnum() else ""
            made = ItemReport(item.name, item.part, item.title, item.points, finding, typed, canonical, mathml)
            parts.setdefault(item.part, []).append(made)
            emit(made)
        return Report(self.config.title, tuple(PartReport(name, name, tuple(items)) for name, items in parts.items()))


class Quick(MadeUp):
    """Has no patience."""

    seconds = 1.0


def marker(kind=MadeUp, salt="") -> MadeUp:
    made = kind(CONFIG, CONFIG.parent / "reference")
    object.__setattr__(made, "salt", salt)
    return made


def item_names() -> list[str]:
    return [item.name for item in config.load(CONFIG).items]
