"""The files that a homework is made of: a config, a reference and decisions, each read when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from grader.assignment import config
from grader.assignment.config import Config
from grader.assignment.faults import Faulty
from grader.frozen import frozen

if TYPE_CHECKING:
    from grader.decisions import Decisions
    from grader.grading import Homework


@frozen
class Project:
    """Where the files are. What is read of them raises ``Faulty``, which names every mistake with its file and line."""

    config_file: Path
    reference_folder: Path | None = None
    decisions_file: Path | None = None

    @cached_property
    def config(self) -> Config:
        return config.load(self.config_file)

    @cached_property
    def reference(self) -> Path:
        """The folder of the answers."""
        found = self.reference_folder or self.config_file.parent / "reference"
        if not found.is_dir():
            raise Faulty(f"{found}: there is no such folder, and marking needs the answers in it. See --reference.")
        return found

    @cached_property
    def decisions(self) -> Decisions:
        """What people decided; nothing where there is no such file."""
        from grader import decisions

        file = self.decisions_file
        return decisions.load(file, self.config) if file is not None and file.exists() else decisions.NONE

    def read(self) -> Config:
        """All that can be read without the engine, so that its mistakes come before the work."""
        _ = self.config, self.reference, self.decisions
        return self.config

    @cached_property
    def homework(self) -> Homework:
        """Ready to mark with, and with what people decided."""
        from grader import grading
        from grader.assignment import answer_key

        return grading.Homework(self.config, answer_key.load(self.reference, self.config), self.decisions).prepare()

    @cached_property
    def unanswered(self) -> Homework:
        """The homework without its answers, ready to check with."""
        from grader import grading

        return grading.Homework(self.config).prepare()
