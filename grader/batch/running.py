"""A run over a class: what is marked already stays, everything else is marked in parallel, then the class is shown.

It is marked with a config and a reference as they are in their files, and a hash of all that counts tells whether these
are still the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from importlib import import_module, metadata
from pathlib import Path
from typing import Literal

from grader import answers, grading
from grader.batch import roster, showing
from grader.batch.roster import Roster
from grader.batch.store import Store
from grader.frozen import frozen
from grader.processes import pool, system
from grader.processes.pool import Data, Outcome, Say
from grader.project import Project
from grader.report import ItemReport, Report, from_record, to_record
from grader.reporters import gradescope, html

MEGABYTES = 2048
"""Memory of its own that a worker may have: four times what marking the largest known answers takes."""

_LOADED_WHEN_NEEDED = ("grader.forms.write_up", "grader.sandbox")
"""What a single submission may do without, and a class hardly ever does."""

_SOURCES = frozenset({".py", ".lark", ".json"})
_LIBRARIES = ("numpy", "sympy", "lark", "pydantic", "python-flint", "z3-solver", "gradescope-utils")

Done = Literal["kept", "marked", "lost"]
"""What became of a submission: it had its result, has it now, or a fault or a limit ended its marking."""

Watch = Callable[[int, str, Done], None]
"""Is told how many submissions there are in all, the name of one that is done, and how."""

Workers = Callable[[Iterator[Data]], Generator[Outcome, None, None]]
"""What does the jobs, in any order."""


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

    def work(self, job: Data, say: Say) -> Data:
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

    def lost(self, job: Data, fault: str, said: Iterable[Data], seconds: float) -> Data:
        """What ``work`` would have given, from what was said before the fault ended it; the rest waits for a person."""
        known = {item.item: item for item in (from_record(ItemReport, message["item"]) for message in said)}
        report = grading.outline(self.config).changed(lambda item: known.get(item.item, item))
        return self.shown(job, replace(report, faults=(fault,)), seconds)

    def shown(self, job: Data, report: Report, seconds: float) -> Data:
        """The texts of a report, with what was decided of it."""
        # The whole report is put in afterwards: written with line breaks, as Gradescope's part is, it took a fifth of
        # the time of marking. The key is a hash, so what stands for the report occurs once.
        stand_in = f"report of {job['key']}"
        # What a fault cost is marked again by the next run: no key, so the result is not one of this content.
        extra = {"key": "" if report.faults else job["key"], "decisions": self.decisions.key, "report": stand_in}
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


@frozen
class Ran:
    """What a run did: submissions in all, marked now, kept from before, lost to a fault of the grader or its limits.

    ``waiting`` is how many of them all need a person.
    """

    total: int
    marked: int
    kept: int
    faults: int
    waiting: int
    messages: tuple[str, ...]


def run(
    path: Path,
    out: Path,
    marker: Marker,
    watch: Watch,
    jobs: int | None = None,
    anonymous: bool = False,
    workers: Workers | None = None,
) -> Ran:
    """Marks the class at ``path`` into the folder ``out``.

    ``anonymous`` also writes the report with numbers for names.
    The work is done by the ``workers``, or else by ``jobs`` processes here.
    Stopped in the middle (a signal, Ctrl-C, a power cut), it leaves whole results, and the next run goes on from there.
    Raises ``Unsuitable``, ``Faulty``, ``OSError``.
    """
    found = roster.read(path, out)
    marker.prepare()
    store = Store(out)
    counts: Counter[Done] = Counter()

    def done(name: str, how: Done) -> None:
        counts[how] += 1
        watch(len(found.entries), name, how)

    with store.open():
        store.enrol(found)
        todo = _todo(found, store, marker, partial(done, how="kept"))
        if workers is None:
            done_by = pool.run(todo, marker.work, jobs or system.cores(), marker.seconds, MEGABYTES)
        else:
            done_by = workers(todo)
        with contextlib.closing(done_by) as outcomes:
            for outcome in outcomes:
                job, result = outcome.job, outcome.result
                if result is None:
                    # What a fault cost has no key, so another run marks it again: it may have been the machine's.
                    result = marker.lost(job, outcome.fault, outcome.said, outcome.seconds)
                store.put(job["name"], result["text"], result["page"])
                done(job["name"], "marked" if outcome.result else "lost")
        page = showing.write_all(store, found, marker.config)
        if anonymous:
            showing.write_anonymous(store, found, marker.config)
    decided = marker.decisions
    orphans = [
        f"{decided.name}:{one.line}: this decision meets no answer: {one.about}"
        for one in decided.all
        if one.about not in page.met
    ]
    marked = counts["marked"] + counts["lost"]
    messages = (*found.messages, *orphans)
    return Ran(len(found.entries), marked, counts["kept"], counts["lost"], page.waiting, messages)


def _todo(found: Roster, store: Store, marker: Marker, kept: Callable[[str], None]) -> Iterator[Data]:
    """The submissions that have no result yet, or one of another content, config, reference or grader."""
    for entry in found.entries:
        try:
            content = roster.fingerprint(entry)
        except (OSError, zipfile.BadZipFile) as error:
            content = f"unreadable: {error}"
        job = {
            "name": entry.name,
            "who": entry.name if entry.who == entry.name else f"{entry.name} · {entry.who}",
            "path": str(entry.path.absolute()) if entry.path else "",
            "places": entry.places,
            "key": hashlib.sha256(f"{content} {marker.key}".encode("utf-8", "surrogatepass")).hexdigest(),
        }
        marked_from, decided = store.keys(entry.name)
        as_decided = decided == marker.decisions.key
        if marked_from == job["key"] and (as_decided or _decided_anew(job, store, marker)):
            kept(entry.name)
        else:
            yield job


def _decided_anew(job: Data, store: Store, marker: Marker) -> bool:
    """Applies decisions to a result that is there; not where one of them has an answer marked anew."""
    stored = store.get(job["name"])
    if stored is None or grading.rereads(stored.report, marker.homework, (job["name"],)):
        return False
    shown = marker.shown(job, stored.report, stored.seconds)
    store.put(job["name"], shown["text"], shown["page"])
    return True
