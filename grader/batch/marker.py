"""What a class is marked with: a config and a reference as they are in their files, and a hash of all that counts."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from grader import answers, grading
from grader.batch import roster
from grader.frozen import frozen
from grader.project import Project
from grader.report import ItemReport, Report, from_record, to_record
from grader.reporters import gradescope, html

Message = dict[str, Any]
Say = Callable[[Message], None]

MEGABYTES = 2048
"""Memory of its own that a worker may have: four times what marking the largest known answers takes."""

_LOADED_WHEN_NEEDED = ("grader.answers.write_ups", "grader.sandbox")
"""What a single submission may do without, and a class hardly ever does."""

_SOURCES = frozenset({".py", ".lark", ".json"})
_LIBRARIES = ("numpy", "sympy", "lark", "pydantic", "python-flint", "z3-solver", "gradescope-utils")


@frozen
class Marker(Project):
    """A project that marks: jobs and what comes of them are plain data, as JSON has it."""

    def prepare(self) -> None:
        """Reads everything, so that faults come before the first submission and forks of this process start warm.

        Raises ``Faulty``.
        """
        _ = self.homework
        for module in _LOADED_WHEN_NEEDED:
            import_module(module)

    @property
    def seconds(self) -> float:
        return float(self.config.limits.deadline)

    @cached_property
    def key(self) -> str:
        """A hash of the config, the reference, and the grader with the libraries that decide anything."""
        total = hashlib.sha256(self.config_file.read_bytes())
        home = Path(__file__).resolve().parents[1]
        for folder in (self.reference, home):
            for file in sorted(folder.rglob("*")):
                if file.suffix in _SOURCES:
                    total.update(f"{file.relative_to(folder).as_posix()}\n".encode() + file.read_bytes())
        total.update(f"{sys.version_info[:2]} {[_version(name) for name in _LIBRARIES]}".encode())
        return total.hexdigest()

    def work(self, job: Message, say: Say) -> Message:
        """Marks ``{"name", "who", "path", "places", "key"}``; says each item as soon as it is marked.

        Gives the results file's text, and that of its page.
        """
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="grader-") as folder:
            try:
                place, damaged = roster.unpack(roster.placed(job), Path(folder), self.config.limits)
            except (OSError, zipfile.BadZipFile) as error:
                return self.lost(job, f"The files of this submission cannot be read: {error}", (), 0.0)
            report = self.mark(place, job["name"], lambda item: say({"item": to_record(item)}), damaged)
        return self.shown(job, report, time.monotonic() - started)

    def lost(self, job: Message, fault: str, said: Iterable[Message], seconds: float) -> Message:
        """What ``work`` would have given, from what was said before the fault ended it; the rest waits for a person."""
        known = {item.item: item for item in (from_record(ItemReport, message["item"]) for message in said)}
        report = grading.outline(self.config).changed(lambda item: known.get(item.item, item))
        return self.shown(job, replace(report, faults=(fault,)), seconds)

    def shown(self, job: Message, report: Report, seconds: float) -> Message:
        """The texts of a report, with what was decided of it."""
        # The whole report is put in afterwards: written with line breaks, as Gradescope's part is, it took a fifth of
        # the time of marking. The key is a hash, so what stands for the report occurs once.
        stand_in = f"report of {job['key']}"
        # What a fault cost is marked again by the next run: no key, so the result is not one of this content.
        extra = {
            "key": "" if report.faults else job["key"],
            "decisions": self.decisions.key,
            "report": stand_in,
        }
        report = report.changed(lambda item: grading.decided(item, self.homework, (job["name"],)))
        visibility = self.config.gradescope.stdout_visibility
        text = gradescope.render(report, stdout_visibility=visibility, seconds=seconds, extra=extra)
        text = text.replace(json.dumps(stand_in), json.dumps(to_record(report), allow_nan=False), 1)
        page = html.render(report, job["who"], "../report.html")
        return {"text": text, "page": page, "seconds": seconds}

    def mark(self, path: Path, name: str, emit: Callable[[ItemReport], None], damaged: Iterable[str] = ()) -> Report:
        return grading.mark(answers.of(path, self.config, damaged), self.homework, (name,), emit)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
