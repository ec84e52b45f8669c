"""The pool under workers that crash, hang, eat memory, or are killed from outside."""

from __future__ import annotations

import ctypes
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

from grader.processes import descendants, pool


def work(job, say):
    say({"begun": job["n"]})
    kind = job.get("kind", "fine")
    if kind == "raise":
        raise RuntimeError("a bug of ours")
    if kind == "exit":
        os._exit(7)
    if kind == "crash":
        ctypes.string_at(0)
    if kind == "hang":
        while True:
            time.sleep(1)
    if kind == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            pass
    if kind == "memory":
        filled = []
        while True:
            filled.append(b"x" * (10 << 20))
    if kind == "orphan":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        os._exit(0)
    return {"n": job["n"], "pid": os.getpid()}


def outcomes(kinds, workers=2, seconds=30.0):
    jobs = ({"n": number, "kind": kind} for number, kind in enumerate(kinds))
    return {outcome.job["n"]: outcome for outcome in pool.run(jobs, work, workers, seconds, 300)}


def test_every_job_is_done_once_by_few_processes():
    found = outcomes(["fine"] * 40)
    assert [found[n].result["n"] for n in sorted(found)] == list(range(40))
    assert len({outcome.result["pid"] for outcome in found.values()}) <= 2


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("raise", "a bug of ours"),
        ("exit", "status 7"),
        ("crash", "Segmentation fault"),
        ("hang", "within 1 s"),
        ("stubborn", "within 1 s"),
        ("memory", "MemoryError"),
        ("orphan", "status 0"),
    ],
)
def test_a_lost_worker_costs_its_job_alone(kind, says):
    before = descendants.children()
    found = outcomes(["fine", kind, "fine", "fine", kind, "fine"], seconds=1.0 if says.startswith("within") else 30.0)
    assert sorted(found) == list(range(6))
    for number, outcome in found.items():
        if number in (1, 4):
            assert outcome.result is None
            assert says in outcome.fault
            assert outcome.said == ({"begun": number},)
        else:
            assert outcome.result["n"] == number
            assert outcome.fault == ""
    assert descendants.children() == before


def test_workers_killed_at_random_lose_only_their_jobs():
    stop = threading.Event()
    mine = descendants.children()
    rng = random.Random(5)
    killed = 0

    def kill():
        nonlocal killed
        while not stop.wait(0.02):
            for pid in list(descendants.children() - mine)[:1]:
                if rng.random() < 0.5:
                    killed += 1
                    os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        found = outcomes(["fine"] * 3000, workers=3)
    finally:
        stop.set()
        thread.join()
    assert sorted(found) == list(range(3000))
    lost = sum(outcome.result is None for outcome in found.values())
    assert lost <= killed
    assert descendants.children() == mine


def test_jobs_are_taken_as_they_are_needed_and_closing_ends_all():
    before = descendants.children()
    taken = itertools.count()
    running = pool.run(({"n": next(taken)} for _ in itertools.count()), work, 2, 30.0, 300)
    for _ in range(10):
        next(running)
    running.close()
    assert next(taken) <= 13
    assert descendants.children() == before


def test_a_worker_dies_with_its_parent():
    code = (
        "import os, sys, time\n"
        "from grader.processes import pool\n"
        "def work(job, say):\n"
        "    print(os.getpid(), file=open(job['file'], 'w'), flush=True)\n"
        "    time.sleep(600)\n"
        "for _ in pool.run(iter([{'file': sys.argv[1]}]), work, 1, 900.0, 300): pass\n"
    )
    read, write = os.pipe()
    with os.fdopen(read) as said:
        parent = subprocess.Popen([sys.executable, "-c", code, f"/dev/fd/{write}"], pass_fds=[write])
        os.close(write)
        assert int(said.readline())
        parent.kill()
        parent.wait()
        assert said.read() == ""  # the end of the pipe: nobody holds it any more
