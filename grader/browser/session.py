"""What the page's worker calls: a student's files in, the report of ``grader check`` out, as text and for the page."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from importlib import invalidate_caches
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from grader import answers, grading
from grader.assignment import config as configuration
from grader.report import hints
from grader.reporters import html, terminal

Answer = dict[str, object]


class Session:
    """One homework, ready to check the next text as soon as it is typed."""

    def __init__(self, config_file: Path) -> None:
        self._config = configuration.load(config_file)
        self._homework = grading.Homework(self._config)

    def check(self, files: Mapping[str, bytes], text: bool = False) -> Answer:
        """The report on these files, which stand in a folder of their own while they are read; as text if asked."""
        began = time.perf_counter()
        with TemporaryDirectory() as folder:
            for name, data in files.items():
                file = Path(folder, *(part for part in PurePosixPath(name).parts if part not in ("/", "..")))
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(bytes(data))
            report = grading.mark(answers.of(Path(folder), self._config), self._homework)
        shown = hints(report) if self._config.feedback.before_due == "hints" else report
        return {
            # As many columns as ``grader check`` writes into a pipe.
            "text": terminal.self_check(shown, width=80) if text else "",
            "html": html.beside(shown, "answers.yaml"),
            "faults": list(report.faults),
            "seconds": time.perf_counter() - began,
        }


def started(config_file: str, load: Callable[[str], None]) -> Callable[[Mapping[str, bytes], bool], Answer]:
    """The check of the homework that a config states, with everything loaded that nearly every check needs.

    ``load(name)`` brings a library that only some proofs need, while its import waits.
    """
    sys.meta_path.append(_Later(load))
    session = Session(Path(config_file))
    session.check({}, True)
    return session.check


class _Later(MetaPathFinder):
    """Libraries that are large and seldom needed are loaded by the first import."""

    def __init__(self, load: Callable[[str], None]) -> None:
        self._load = load
        self._waiting = {"flint"}

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The library's, once it is there; nothing for any other."""
        if name not in self._waiting:
            return None
        self._waiting.remove(name)
        self._load(name)
        invalidate_caches()
        return PathFinder.find_spec(name)
