"""The same class on a Dask scheduler with two worker processes of this machine: same results, nothing lost."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from functools import partial

import pytest
import small_homework
from test_running import Watch, rows

from grader.batch import cluster, roster, running


@contextlib.contextmanager
def two_workers():
    import distributed  # which takes longer than the tests of most rooms

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1", silence_logs=50
    ) as local:
        yield local


def results(folder):
    """Everything that was decided; the time it took is the machine's."""
    return sorted(tuple(sorted((name, cell) for name, cell in row.items())) for row in rows(folder / "answers.csv")), (
        folder / "grades.csv"
    ).read_bytes()


def test_same_results_and_a_killed_worker_loses_nothing(tmp_path):
    marker = small_homework.write(tmp_path / "homework")
    path = small_homework.a_class(tmp_path / "in", 30)
    running.run(path, tmp_path / "here", marker, Watch(), 2)

    class Killing(Watch):
        """Kills a worker process when a few submissions are done."""

        def __call__(self, total, name, how):
            super().__call__(total, name, how)
            if len(self.seen) == 5:
                victim = next(iter(local.workers.values()))
                os.kill(victim.process.pid, signal.SIGKILL)

    with two_workers() as local:
        watch = Killing()
        ran = running.run(
            path,
            tmp_path / "there",
            marker,
            watch,
            workers=partial(cluster.run, marker=marker, address=local.scheduler_address),
        )
    assert (ran.marked, ran.faults) == (30, 0)
    assert sorted(watch.seen) == sorted(set(watch.seen))
    assert results(tmp_path / "there") == results(tmp_path / "here")


def test_nobody_at_the_address_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 1)
    marker = small_homework.write(tmp_path / "homework")
    path = small_homework.a_class(tmp_path / "in", 2)
    before = threading.active_count()
    with pytest.raises(roster.Unsuitable, match="no Dask scheduler at"):
        running.run(
            path,
            tmp_path / "out",
            marker,
            Watch(),
            workers=partial(cluster.run, marker=marker, address="tcp://127.0.0.1:9"),
        )
    assert threading.active_count() <= before + 4
