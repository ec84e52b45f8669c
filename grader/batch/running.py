"""A run over a class: what is marked already stays, everything else is marked in parallel, then the class is shown."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Literal

from grader import grading
from grader.batch import cluster, roster, showing
from grader.batch.marker import MEGABYTES, Marker, Message
from grader.batch.roster import Entry, Roster
from grader.batch.store import Store
from grader.frozen import frozen
from grader.processes import pool, system

Done = Literal["kept", "marked", "lost"]
"""What became of a submission: it had its result, has it now, or a fault or a limit ended its marking."""

Watch = Callable[[int, str, Done], None]
"""Is told how many submissions there are in all, the name of one that is done, and how."""


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
    scheduler: str = "",
    anonymous: bool = False,
) -> Ran:
    """Marks the class at ``path`` into the folder ``out``.

    ``anonymous`` also writes the report with numbers for names.
    With a scheduler's address the work is done by the workers of a Dask cluster, else by ``jobs`` processes here.
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
        workers = (
            cluster.run(todo, marker, scheduler)
            if scheduler
            else pool.run(todo, marker.work, jobs or system.cores(), marker.seconds, MEGABYTES)
        )
        with contextlib.closing(workers) as outcomes:
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


def _todo(found: Roster, store: Store, marker: Marker, kept: Callable[[str], None]) -> Iterator[Message]:
    """The submissions that have no result yet, or one of another content, config, reference or grader."""
    for entry in found.entries:
        job = {
            "name": entry.name,
            "who": entry.name if entry.who == entry.name else f"{entry.name} · {entry.who}",
            "path": str(entry.path.absolute()) if entry.path else "",
            "places": entry.places,
            "key": _key(entry, marker),
        }
        marked_from, decided = store.keys(entry.name)
        as_decided = decided == marker.decisions.key
        if marked_from == job["key"] and (as_decided or _decided_anew(job, store, marker)):
            kept(entry.name)
        else:
            yield job


def _decided_anew(job: Message, store: Store, marker: Marker) -> bool:
    """Applies decisions to a result that is there; not where one of them has an answer marked anew."""
    stored = store.get(job["name"])
    if stored is None or grading.rereads(stored.report, marker.homework, (job["name"],)):
        return False
    shown = marker.shown(job, stored.report, stored.seconds)
    store.put(job["name"], shown["text"], shown["page"])
    return True


def _key(entry: Entry, marker: Marker) -> str:
    try:
        content = roster.fingerprint(entry)
    except (OSError, zipfile.BadZipFile) as error:
        content = f"unreadable: {error}"
    return hashlib.sha256(f"{content} {marker.key}".encode("utf-8", "surrogatepass")).hexdigest()
