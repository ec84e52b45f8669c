"""Each sentence of the promise has its program, holds behind the whole wall, and can be broken without it."""

from __future__ import annotations

import ast
import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from grader import doctor, sandbox
from grader.report import plain
from grader.sandbox import promise, running
from grader.sandbox.inside import privileges

HERE = Path(__file__).parent
PROBES = Path(promise.__file__).with_name("probes.py")
ALL = frozenset({"chroot", "uid", "capabilities", "no_new_privs", "landlock", "landlock_all", "seccomp"})


@pytest.fixture(scope="module")
def rating() -> sandbox.Rating:
    found = sandbox.rating()
    if found.level not in ("strong", "full"):
        pytest.skip(f"this machine isolates only {found.level}")
    return found


def test_a_machine_whose_kernel_filters_system_calls_isolates_strongly() -> None:
    """Where it does not, every other test here is skipped: so this one says whether they may be."""
    kernel = Path("/proc/sys/kernel/seccomp/actions_avail")
    if not kernel.exists() or platform.machine() not in privileges.MACHINES:
        pytest.skip("this kernel has no filters, or the machine no table of calls")
    outcome = sandbox.run(b"def backward(v): return {}", [], required="none")
    assert outcome.level in ("strong", "full"), sorted(outcome.layers)


def test_each_sentence_has_its_program() -> None:
    programs = {each.name for each in ast.parse(PROBES.read_bytes()).body if isinstance(each, ast.FunctionDef)}
    assert programs - {"refused"} == set(sandbox.sentences())
    assert len(sandbox.sentences()) == 13


@pytest.mark.parametrize("name", sandbox.sentences())
def test_each_sentence_holds(name: str, rating: sandbox.Rating) -> None:
    assert rating.held[name]


def test_without_the_filter_the_rating_is_lower(rating: sandbox.Rating) -> None:
    lower = sandbox.rating(without=frozenset({"seccomp"}))
    assert lower.level in ("partial", "none")
    assert "seccomp" not in lower.layers


def test_without_the_wall_the_sentences_break(rating: sandbox.Rating) -> None:
    bare = sandbox.rating(without=ALL)
    broken = {name for name, held in bare.held.items() if not held}
    assert bare.level == "none"
    assert {"files", "network", "others", "kernel"} <= broken


def test_what_a_program_started_ends_with_it_also_where_nothing_stops_it(rating: sandbox.Rating) -> None:
    program = (
        b"import os, time\ndef backward(v):\n    if os.fork() == 0:\n        os.setsid()\n        os.closerange(0, 9)\n"
        b"        time.sleep(60)\n    return {}"
    )
    assert sandbox.run(program, [{}], required="none", without=ALL | {"limits"}).values == ({},)
    assert not running.processes()


def test_without_limits_there_is_no_level(rating: sandbox.Rating) -> None:
    bare = sandbox.run(b"def backward(v): return {}", [], required="none", without=frozenset({"limits"}))
    assert bare.level == "none"


@pytest.mark.parametrize("where", ["plain", "container", "container_plain"])
def test_the_doctor_tells_in_every_environment(where: str) -> None:
    program = (
        "import json; from grader import doctor, sandbox; found = sandbox.rating();"
        "broken = [name for name, held in found.held.items() if not held];"
        "print(json.dumps([found.level, doctor.runs_python(found, 'strong'), broken]))"
    )
    command = [sys.executable, str(HERE / "environments.py"), where, sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip(f"this machine does not let the environment {where!r} be made: {done.stderr}")
    level, runs, broken = json.loads(done.stdout)
    assert (level in ("strong", "full")) == runs
    assert broken == [] or not runs


def test_the_doctor_says_it_in_words(rating: sandbox.Rating) -> None:
    assert doctor.runs_python(rating, "full") == (rating.level == "full")
    words = plain(doctor.blocks(rating, "full"))
    for sentence in sandbox.sentences().values():
        assert sentence in words
    assert "z3" in words


@pytest.mark.parametrize(
    ("layers", "level"),
    [
        ("", "none"),
        ("seccomp no_new_privs capabilities", "none"),
        ("limits", "none"),
        ("limits seccomp no_new_privs", "none"),
        ("limits seccomp no_new_privs capabilities", "strong"),
        ("limits seccomp no_new_privs capabilities landlock", "strong"),
        ("limits seccomp no_new_privs capabilities landlock landlock_all", "full"),
        ("limits seccomp no_new_privs capabilities uid chroot", "full"),
        ("limits seccomp no_new_privs capabilities uid", "strong"),
        ("limits capabilities uid chroot", "partial"),
        ("limits capabilities uid", "none"),
        ("limits landlock", "partial"),
        ("limits seatbelt", "partial"),
    ],
)
def test_what_the_layers_are_worth(layers: str, level: str) -> None:
    assert running.worth(frozenset(layers.split())) == level


def test_a_wall_that_is_only_announced_does_not_count() -> None:
    """This process has no filter of its own, whatever it says."""
    import os

    seen = running.seen_from_outside(os.getpid(), frozenset({"limits", "seccomp", "uid", "no_new_privs", "landlock"}))
    assert seen == {"limits", "landlock"}
