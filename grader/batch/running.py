"""A run over a class: what is marked already stays, everything else is marked in parallel, then the class is shown."""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from grader.batch import cluster, contents, roster, showing
from grader.batch.marker import Marker, Message
from grader.batch.roster import Entry, Roster
from grader.batch.store import Store
from grader.processes import pool

MEGABYTES = 2048
"""Memory of its own that a worker may have: four times what marking the largest known answers takes."""


class Watch(Protocol):
    """Who is told how the run goes."""

    def begin(self, total: int) -> None: ...

    def kept(self, name: str) -> None: ...

    def marked(self, name: str, fault: bool) -> None: ...


@dataclass(frozen=True)
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
    scheduler: str = "",
    anonymous: bool = False,
) -> Ran:
    """Marks the class at ``path`` into the folder ``out``.

    ``anonymous`` also writes the report with numbers for names.
    With a scheduler's address the work is done by the workers of a Dask cluster, else by ``jobs`` processes here.
    Stopped in the middle (a signal, Ctrl-C, a power cut), it leaves whole results, and the next run goes on from there.
    Raises ``roster.Unsuitable``, ``store.Busy``, ``config.Faulty``, ``answer_key.Faulty``,
    ``decisions.Faulty``, ``OSError``.
    """
    found = roster.read(path, out)
    marker.prepare()
    store = Store(out)
    with store.open():
        store.enrol(found)
        watch.begin(len(found.entries))
        tally = _Tally(store, watch)
        todo = tally.todo(found, marker)
        with contextlib.closing(_outcomes(todo, marker, jobs, scheduler)) as outcomes:
            for outcome in outcomes:
                tally.take(outcome, marker)
        page = showing.write_all(store, found, marker.config)
        if anonymous:
            showing.write_anonymous(store, found, marker.config)
    decided = marker.deciding.decisions
    orphans = [
        f"{decided.name}:{one.line}: this decision meets no answer: {one.about}"
        for one in decided.all
        if one.about not in page.met
    ]
    return Ran(len(found.entries), tally.marked, tally.kept, tally.faults, page.waiting, (*found.messages, *orphans))


def _outcomes(
    todo: Iterator[Message], marker: Marker, jobs: int | None, scheduler: str
) -> Generator[pool.Outcome, None, None]:
    if scheduler:
        return cluster.run(todo, marker, scheduler)
    return pool.run(todo, marker.work, jobs or _cores(), marker.seconds, MEGABYTES)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Tally:
    def __init__(self, store: Store, watch: Watch) -> None:
        self._store, self._watch = store, watch
        self.marked = self.kept = self.faults = 0

    def todo(self, found: Roster, marker: Marker) -> Iterator[Message]:
        """The submissions that have no result yet, or one of another content, config, reference or grader."""
        for entry in found.entries:
            job = {
                "name": entry.name,
                "who": entry.name if entry.who == entry.name else f"{entry.name} · {entry.who}",
                "path": str(entry.path.absolute()) if entry.path else "",
                "inside": entry.inside,
                "files": entry.files,
                "key": _key(entry, marker),
            }
            marked_from, decided = self._store.keys(entry.name)
            kept = marked_from == job["key"]
            if kept and decided != marker.deciding.decisions.key:
                kept = self._decided_anew(job, marker)
            if kept:
                self.kept += 1
                self._watch.kept(entry.name)
            else:
                yield job

    def _decided_anew(self, job: Message, marker: Marker) -> bool:
        """Applies decisions to a result that is there; not where one of them has an answer marked anew."""
        stored = self._store.get(job["name"])
        if stored is None or marker.deciding.rereads(stored.report, (job["name"],)):
            return False
        shown = marker.shown(job, stored.report, stored.seconds)
        self._store.put(job["name"], shown["text"], shown["page"])
        return True

    def take(self, outcome: pool.Outcome, marker: Marker) -> None:
        job, result = outcome.job, outcome.result
        if result is None:
            self.faults += 1
            # What a fault cost has no key, so another run marks it again: the fault may have been the machine's.
            result = marker.lost(job, outcome.fault, outcome.said, outcome.seconds)
        self._store.put(job["name"], result["text"], result["page"])
        self.marked += 1
        self._watch.marked(job["name"], outcome.result is None)


def _key(entry: Entry, marker: Marker) -> str:
    try:
        content = contents.fingerprint(entry)
    except (OSError, zipfile.BadZipFile) as error:
        content = f"unreadable: {error}"
    return hashlib.sha256(f"{content} {marker.key}".encode("utf-8", "surrogatepass")).hexdigest()
