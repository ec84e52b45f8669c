"""Whatever becomes of the process that reads and judges, a whole report comes out, and nothing is left running."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from grader import supervisor
from grader.report import Finding, ItemReport, Paragraph, PartReport, Report, Verdict, correct, from_record, to_record
from grader.supervisor import Emit

NAMES = [f"2.3.{letter}" for letter in "abcdefghij"]


def item(name: str, finding: Finding) -> ItemReport:
    return ItemReport(name, "2.3", "title", Fraction(1, 10), finding)


def marked(name: str) -> ItemReport:
    return item(name, correct("done", Paragraph("good")))


def outline() -> Report:
    items = tuple(item(name, Finding(Verdict.MISSING, (), "none")) for name in NAMES)
    return Report("homework", (PartReport("2.3", "part", items),))


def work(emit: Emit) -> Report:
    items = []
    for name in NAMES:
        items.append(marked(name))
        emit(items[-1])
    return Report("homework", (PartReport("2.3", "part", tuple(items)),))


def as_json(report: Report) -> str:
    return json.dumps(to_record(report))


def mark(job: Callable[[Emit], Report], seconds: float = 20.0) -> supervisor.Marked:
    return supervisor.mark(job, outline, {"json": as_json}, seconds, LookupError)


def check_salvaged(result: supervisor.Marked, *told: str) -> list[str]:
    """A whole report with a fault for the instructor and no word of it for the student; gives what was marked."""
    report = result.report
    assert [found.item for found in report.items] == NAMES
    assert from_record(Report, json.loads(result.texts["json"])) == report
    for words in told:
        assert words in "\n".join(report.faults)
    unmarked = [found for found in report.items if found.finding.verdict is not Verdict.CORRECT]
    for found in unmarked:
        assert found.finding.verdict is Verdict.REVIEW
        assert not any(words in repr(found.finding.blocks) for words in ("signal", "Traceback", *told))
    return [found.item for found in report.items if found not in unmarked]


def test_the_whole_report_comes_back_with_its_texts() -> None:
    result = mark(work)
    assert result.report == work(lambda item: None)
    assert json.loads(result.texts["json"]) == to_record(result.report)
    assert result.report.faults == ()


def after_three(last: Callable[[], object]) -> Callable[[Emit], Report]:
    def job(emit: Emit) -> Report:
        for name in NAMES[:3]:
            emit(marked(name))
        last()
        return work(emit)

    return job


def crash() -> None:
    raise RuntimeError("a fault of ours")


def run_out_of_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    held = []
    while True:
        held.append(bytearray(1 << 24))


def recurse() -> None:
    recurse()


def block() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    while True:
        pass


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (crash, "a fault of ours"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "signal 9"),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), "signal 11"),
        (lambda: os._exit(0), "status 0"),
        (lambda: sys.exit(3), "SystemExit"),
        (run_out_of_memory, "MemoryError"),
        (recurse, "RecursionError"),
        (lambda: os.close(3) or os.closerange(3, 100) or os._exit(7), "status 7"),
    ],
)
def test_what_was_marked_is_kept(last: Callable[[], object], told: str) -> None:
    assert check_salvaged(mark(after_three(last)), told) == NAMES[:3]


@pytest.mark.parametrize("last", [lambda: time.sleep(1000), block])
def test_the_deadline_holds(last: Callable[[], object]) -> None:
    assert check_salvaged(mark(after_three(last), seconds=0.5), "0.5 s") == NAMES[:3]


def test_the_fault_says_where_the_work_stood() -> None:
    def endless() -> None:
        while True:
            pass

    assert "endless" in "\n".join(mark(after_three(endless), seconds=0.5).report.faults)


def test_a_request_to_terminate_ends_in_a_report() -> None:
    here = os.getpid()
    threading.Timer(0.3, lambda: os.kill(here, signal.SIGTERM)).start()
    assert check_salvaged(mark(after_three(lambda: time.sleep(1000))), "told to terminate") == NAMES[:3]


def test_killed_at_random_moments() -> None:
    """However much was marked, the report is whole, and what it gives as marked was marked."""

    def slow(emit: Emit) -> Report:
        (victim := threading.Timer(moment, os.kill, (os.getpid(), signal.SIGKILL))).daemon = True
        victim.start()
        items = []
        for name in NAMES:
            time.sleep(0.003)
            items.append(marked(name))
            emit(items[-1])
        return Report("homework", (PartReport("2.3", "part", tuple(items)),))

    chance = random.Random(6)
    counts = set()
    for _ in range(25):
        moment = chance.uniform(0, 0.04)
        result = mark(slow)
        if result.report.faults:
            done = check_salvaged(result, "signal 9")
            assert done == NAMES[: len(done)]
            counts.add(len(done))
        else:
            assert result.report == work(lambda item: None)
    assert len(counts) > 3


def test_without_an_outline_what_was_marked_is_the_report() -> None:
    def no_outline() -> Report:
        raise ValueError("no outline either")

    result = supervisor.mark(after_three(crash), no_outline, {"json": as_json}, 20.0, LookupError)
    assert [found.item for found in result.report.items] == NAMES[:3]
    assert result.report.messages
    assert "no outline either" in result.report.faults[0]
    assert "a fault of ours" in result.report.faults[0]


def test_a_faulty_renderer_costs_only_its_own_text() -> None:
    def faulty(report: Report) -> str:
        raise ValueError("cannot draw this")

    result = supervisor.mark(work, outline, {"html": faulty, "json": as_json}, 20.0, LookupError)
    assert result.report.score == 1
    assert "cannot draw this" in result.report.faults[0]
    assert from_record(Report, json.loads(result.texts["json"])) == result.report
    assert "html" not in result.texts
    whole = json.loads(supervisor.last_resort(result.report))
    assert whole["score"] == 1.0
    assert len(whole["tests"]) == 10


def test_without_a_reporter_every_item_keeps_its_points() -> None:
    half = item("1.2", Finding(Verdict.PARTIAL, (), "half", Fraction(1, 2)))
    open_ = item("1.3", Finding(Verdict.REVIEW, (), "grader.stopped"))
    report = Report("t", (PartReport("1", "", (item("1.1", correct("right")), half, open_)),))
    whole = json.loads(supervisor.last_resort(report))
    assert [test["score"] for test in whole["tests"]] == [float(one.score) for one in report.items]
    assert whole["score"] == float(report.score)
    assert [test["max_score"] for test in whole["tests"]] == [float(one.points) for one in report.items]
    assert ["has been marked" in test["output"] for test in whole["tests"]] == [True, True, False]
    assert whole["output"] == ""
    assert json.loads(supervisor.last_resort(Report("t", ())))["output"]


def test_a_refusal_is_the_callers() -> None:
    def refuse(emit: Emit) -> Report:
        raise LookupError("config.yaml:3: no such part")

    with pytest.raises(LookupError, match=r"config\.yaml:3"):
        supervisor.mark(refuse, outline, {}, 20.0, LookupError)


def test_what_the_work_prints_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    def noisy(emit: Emit) -> Report:
        print("to the terminal")
        os.write(1, b"to the terminal")
        os.write(2, b"to the terminal")
        return work(emit)

    assert mark(noisy).report.faults == ()
    assert capfd.readouterr().out == ""


def test_everything_that_was_started_is_gone(tmp_path: Path) -> None:
    """Also processes that left the session and whose parents are gone: they would append to this file."""
    trace = tmp_path / "trace"

    def leave_behind() -> None:
        for _ in range(3):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    while True:
                        with trace.open("a") as file:
                            file.write(f"{os.getpid()}\n")
                        time.sleep(0.01)
                os._exit(0)
        time.sleep(0.3)

    def job(emit: Emit) -> Report:
        leave_behind()
        return work(emit)

    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        assert mark(job).report == work(lambda item: None)
        written = trace.read_text()
        assert len(set(written.split())) == 3
        time.sleep(0.1)
        assert trace.read_text() == written
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_the_work_ends_with_the_supervisor(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    program = f"""
import os, time
from grader import supervisor
def job(emit):
    while True:
        with open({str(trace)!r}, "a") as file:
            file.write(".")
        time.sleep(0.01)
supervisor.mark(job, None, {{}}, 60, LookupError)
"""
    process = subprocess.Popen([sys.executable, "-c", program])
    until = time.monotonic() + 20
    while not trace.exists() and time.monotonic() < until:
        time.sleep(0.01)
    process.kill()
    process.wait()
    time.sleep(0.2)
    size = trace.stat().st_size
    time.sleep(0.1)
    assert trace.stat().st_size == size


def test_the_supervisor_is_small() -> None:
    program = "import sys, grader.supervisor; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"numpy", "sympy", "pydantic", "yaml", "lark", "z3", "click", "rich", "jinja2", "asyncio"}
    assert not heavy & set(loaded)
