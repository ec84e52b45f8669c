"""How a run goes, for a person who waits: counts, rate, and time left."""

from __future__ import annotations

from collections import Counter
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from grader.batch.running import Done


class Bar:
    """A bar on a terminal; elsewhere a line now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
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
        self._task = self._progress.add_task("", total=None, tally="", rate="")
        self._counts: Counter[Done] = Counter()

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._progress.stop()

    def __call__(self, total: int, name: str, how: Done) -> None:
        """Draws one more submission that is done."""
        self._counts[how] += 1
        done, kept, lost = self._counts.total(), self._counts["kept"], self._counts["lost"]
        elapsed = self._progress.tasks[0].elapsed
        rate = f"{(done - kept) / elapsed:.1f}/s" if elapsed and done > kept else ""
        tally = ", ".join(f"{count} {word}" for count, word in ((kept, "kept"), (lost, "for a person")) if count)
        self._progress.update(self._task, total=total, completed=done, tally=tally, rate=rate)
        self._progress.refresh()
        if not self._console.is_terminal and done % max(total // 10, 1) == 0:
            self._console.print(f"{done} of {total} {rate} {tally}".rstrip(), highlight=False)
