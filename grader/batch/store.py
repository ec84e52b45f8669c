"""A batch's folder: results that are whole or absent, each with the key of what it was marked from, and who is who."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from grader.batch.roster import CLASS, Entry, Roster, Submitter, Unsuitable
from grader.frozen import frozen
from grader.processes import system
from grader.processes.destination import Destination
from grader.report import Report, from_record


@frozen
class Stored:
    """A submission's result, and how long it took."""

    report: Report
    seconds: float


@frozen
class Store:
    folder: Path

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Makes the folder and keeps other batches out of it; what an earlier one left half-written is removed.

        Raises ``Unsuitable``, ``OSError``.
        """
        for folder in (self.results, self.page("").parent):
            folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(system.alone(self.folder / ".lock", wait=False))
            except BlockingIOError:
                raise Unsuitable(f"another `grader batch` is writing to {self.folder}") from None
            for left in [*self.folder.glob(".*.part"), *self.folder.glob("*/.*.part")]:
                left.unlink(missing_ok=True)
            yield

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def page(self, name: str) -> Path:
        """Where the page of a submission is."""
        return self.folder / "pages" / f"{name}.html"

    def put(self, name: str, text: str, page: str) -> None:
        """The page goes first, so that a result that is there has its page."""
        write(self.page(name), page)
        write(self.results / f"{name}.json", text)

    def get(self, name: str) -> Stored | None:
        """The result of a submission; None where there is none, or none that can be read."""
        try:
            whole = json.loads((self.results / f"{name}.json").read_bytes())
            return Stored(from_record(Report, whole["extra_data"]["report"]), float(whole.get("execution_time", 0.0)))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keys(self, name: str) -> tuple[str, str]:
        """What a result was marked from and what was decided then, by their hashes, without reading the report."""
        try:
            extra = json.loads((self.results / f"{name}.json").read_bytes())["extra_data"]
            return str(extra["key"]), str(extra["decisions"])
        except (OSError, ValueError, KeyError, TypeError):
            return "", ""

    def enrol(self, roster: Roster) -> None:
        """Writes down who is in the class, for comparisons after the source has gone."""
        gone = {"entries": {"__all__": {"path", "places"}}}
        write(self.folder / CLASS, _ROSTER.dump_json(roster, exclude=gone, indent=1).decode() + "\n")

    def roster(self) -> Roster:
        """Who is in the class; from the names of the results alone, where nobody wrote it down."""
        try:
            return _ROSTER.validate_json((self.folder / CLASS).read_bytes())
        except (OSError, ValueError):
            names = sorted(file.stem for file in self.results.glob("*.json"))
            return Roster(tuple(Entry(name, submitters=(Submitter(name),)) for name in names))


_ROSTER = TypeAdapter(Roster)


def write(target: Path, text: str) -> None:
    """The file with this text, or what was there before: never half of it."""
    with Destination(target, lasting=False) as destination:
        destination.write(text.encode("utf-8", "backslashreplace"))
