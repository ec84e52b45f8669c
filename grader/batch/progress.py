"""How a run goes, for a person who waits: counts, rate, and time left."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


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
        self._total = self._kept = self._marked = self._faults = 0

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._progress.stop()

    def begin(self, total: int) -> None:
        self._total = total
        self._progress.update(self._task, total=total)

    def kept(self, name: str) -> None:
        self._kept += 1
        self._show()

    def marked(self, name: str, fault: bool) -> None:
        self._marked += 1
        self._faults += fault
        self._show()

    def _show(self) -> None:
        task = self._progress.tasks[0]
        tally = ", ".join(
            f"{count} {word}" for count, word in ((self._kept, "kept"), (self._faults, "for a person")) if count
        )
        rate = f"{self._marked / task.elapsed:.1f}/s" if task.elapsed and self._marked else ""
        self._progress.update(self._task, completed=self._kept + self._marked, tally=tally, rate=rate)
        self._progress.refresh()
        done = self._kept + self._marked
        if not self._console.is_terminal and done % max(self._total // 10, 1) == 0:
            self._console.print(f"{done} of {self._total} {rate} {tally}".rstrip(), highlight=False)
