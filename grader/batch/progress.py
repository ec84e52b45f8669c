"""How a run goes, for a person who waits: counts, rate, and time left."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from grader.batch.running import Done, Watch


@contextlib.contextmanager
def bar(console: Console) -> Iterator[Watch]:
    """What draws one more submission that is done: a bar on a terminal; elsewhere a line now and then."""
    progress = Progress(
        TextColumn("marking"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[tally]}"),
        console=console,
        # Drawn by this thread when something is marked: workers are forked, and forks do not mix with threads.
        auto_refresh=False,
        transient=True,
        disable=not console.is_terminal,
    )
    task = progress.add_task("", total=None, tally="", rate="")
    counts: Counter[Done] = Counter()

    def draw(total: int, name: str, how: Done) -> None:
        counts[how] += 1
        done, kept, lost = counts.total(), counts["kept"], counts["lost"]
        elapsed = progress.tasks[0].elapsed
        rate = f"{(done - kept) / elapsed:.1f}/s" if elapsed and done > kept else ""
        tally = ", ".join(f"{count} {word}" for count, word in ((kept, "kept"), (lost, "for a person")) if count)
        progress.update(task, total=total, completed=done, tally=tally, rate=rate)
        progress.refresh()
        if not console.is_terminal and done % max(total // 10, 1) == 0:
            console.print(f"{done} of {total} {rate} {tally}".rstrip(), highlight=False)

    with progress:
        yield draw
