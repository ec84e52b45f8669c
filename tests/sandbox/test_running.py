"""An honest program gets its arrays through; any other gets one clear reason, with its own line and no path."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from grader import sandbox
from grader.report import Verdict, plain
from grader.sandbox import Limits, fork_server

INSTANCE = {"x": np.array([1.0, 2.0]), "W": np.arange(6.0).reshape(2, 3), "t": np.array(2), "S": np.array(-0.5)}


@pytest.fixture(autouse=True)
def _isolated() -> None:
    if sandbox.run(b"def backward(v): return {}", []).values is None:
        pytest.skip("this machine does not isolate strongly")


def run(program: str, *instances: dict[str, np.ndarray], **limits: float) -> sandbox.Outcome:
    return sandbox.run(program.encode(), list(instances) or [INSTANCE], Limits(**limits))


def told(outcome: sandbox.Outcome) -> str:
    assert outcome.reason is not None
    return plain(outcome.reason.blocks)


def test_arrays_come_back_exactly() -> None:
    outcome = run("def backward(v):\n    return {name + '_bar': value for name, value in v.items()}")
    assert outcome.reason is None
    (given,) = outcome.values
    assert list(given) == ["x_bar", "W_bar", "t_bar", "S_bar"]
    for name, array in INSTANCE.items():
        assert given[f"{name}_bar"].dtype == np.float64
        assert given[f"{name}_bar"].shape == array.shape
        assert (given[f"{name}_bar"] == array).all()


def test_single_precision_stays_what_it_is() -> None:
    program = (
        "import numpy as np\ndef backward(v):\n    return {t: v['x'].astype(t) / 3 for t in ('f4', 'f2', 'f8', 'i4')}"
    )
    (given,) = run(program).values
    assert {name: array.dtype.str[1:] for name, array in given.items()} == {
        "f4": "f4",
        "f2": "f2",
        "f8": "f8",
        "i4": "f8",
    }
    assert (given["f4"] == INSTANCE["x"].astype("f4") / np.float32(3)).all()


def test_the_label_is_an_index() -> None:
    outcome = run("import numpy as np\ndef backward(v):\n    return {'e': np.eye(3)[v['t']]}")
    assert outcome.values[0]["e"].tolist() == [0, 0, 1]


def test_each_call_has_its_own_inputs() -> None:
    program = "def backward(v):\n    v['x'] *= 2\n    v['y'] = 1\n    return {'x': v['x'], 'n': len(v)}"
    before = INSTANCE["x"].copy()
    outcome = run(program, INSTANCE, INSTANCE)
    assert [given["x"].tolist() for given in outcome.values] == [[2, 4], [2, 4]]
    assert (INSTANCE["x"] == before).all()


def test_what_is_printed_is_kept_and_cut() -> None:
    outcome = run("print('hello')\ndef backward(v):\n    print('x' * 9000)\n    return {}")
    assert outcome.values == ({},)
    assert outcome.printed.startswith("hello\nxxx")
    assert len(outcome.printed) < 4100
    assert outcome.printed.endswith("[cut here]")


def test_random_numbers_repeat() -> None:
    program = (
        "import random, numpy as np\ndef backward(v):\n"
        "    return {'a': random.random(), 'b': np.random.rand(3), 'c': hash('text') % 1000}"
    )
    first, second = run(program).values[0], run(program).values[0]
    assert all((first[name] == second[name]).all() for name in first)


@pytest.mark.parametrize(
    ("program", "code", "line", "words"),
    [
        ("def backward(v):\n    return {", "python.syntax", 2, "syntax error"),
        ("import numpy\nimport torch", "python.import", 2, "No module named 'torch'"),
        ("from numpy import nonsense", "python.import", 1, "nonsense"),
        ("def backward(v):\n    a = 1\n    return v['z']", "python.exception", 3, "KeyError: 'z'"),
        ("def f(v):\n    return v.T\ndef backward(v):\n    return f(v)", "python.exception", 2, "no attribute 'T'"),
        (
            "import numpy as np\ndef backward(v):\n    return np.linalg.inv(v['W'])",
            "python.exception",
            3,
            "LinAlgError",
        ),
        ("def backward(v):\n    return open('data.csv')", "python.exception", 2, "no files"),
        ("import sys\nsys.exit(1)", "python.exit", 2, "ended itself"),
        ("def backward(v):\n    return [0] * 10**12", "python.memory", 2, "MB are allowed"),
        ("def backwards(v):\n    pass", "python.function", None, "defines no function backward(v)"),
        ("def backward(v):\n    pass", "python.return", None, "type NoneType"),
        (
            "def backward(v):\n    return {'x_bar': [[1, 2], [3]]}",
            "python.return",
            None,
            '"x_bar" cannot be made an array',
        ),
        ("def backward(v):\n    return {'x_bar': None}", "python.return", None, '"x_bar" holds no numbers'),
        ("def backward(v):\n    return {'x_bar': 1j}", "python.return", None, "complex numbers"),
        ("def backward(v):\n    while True: pass", "python.time", None, "within 0.7 seconds"),
        ("import os\nos.abort()", "python.crash", None, "SIGABRT"),
    ],
)
def test_each_reason_is_clear(program: str, code: str, line: int | None, words: str) -> None:
    outcome = run(program, seconds=0.7)
    assert outcome.values is None
    assert outcome.reason.code == code
    assert outcome.reason.line == line
    assert words in told(outcome)
    if line is not None:
        assert f"ine {line}" in told(outcome)
    assert os.sep + "lib" not in told(outcome)
    assert sys.prefix not in told(outcome)


@pytest.mark.parametrize(
    "program",
    [
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    x: int = 1\n"
        "def backward(v):\n    return {'a': A().x}",
        "import math, itertools, functools, collections, typing, re, json, random, time, datetime, decimal, fractions\n"
        "def backward(v):\n    return {'a': math.exp(1)}",
        "import numpy.linalg as la, numpy.random, numpy.fft, numpy.ma, numpy.polynomial\n"
        "def backward(v):\n    return {'a': la.norm(v['x'])}",
        "import numpy as np\ndef backward(v):\n    np.seterr(all='warn')\n    return {'a': np.log(np.zeros(2))}",
        "import warnings, inspect\ndef backward(v):\n    warnings.warn('x')\n"
        "    return {'a': len(inspect.getsource(backward))}",
        "# -*- coding: utf-8 -*-\nφ = 1\ndef backward(v):\n    print('φ')\n    return {'φ': φ}",
        "import time\ndef backward(v):\n    time.sleep(0.01)\n    return {'a': time.perf_counter()}",
        "import numpy as np\ndef backward(v):\n    rng = np.random.default_rng(); return {'a': rng.normal(size=3)}",
        "if __name__ == '__main__':\n    backward = None\ndef backward(v):\n    return {}",
        "\ufeffdef backward(v):\r\n    return {}\r\n",
        "import numpy as np\ndef backward(v):\n    a = np.random.rand(300, 300)\n"
        "    return {'a': (a @ a @ np.linalg.inv(a))[:2]}",
    ],
)
def test_ordinary_programs_run(program: str) -> None:
    outcome = run(program, seconds=5)
    assert outcome.reason is None, told(outcome)


def test_the_wall_holds_no_descriptor_of_the_grader() -> None:
    """Whatever the grader has open, inheritable or not, the program has four descriptors; its job is closed."""
    held = os.open("/", os.O_RDONLY)
    os.set_inheritable(held, True)
    try:
        sandbox.stop()
        outcome = run(
            "import fcntl\ndef backward(v):\n    n = 0\n    for d in range(1000):\n        try:\n"
            "            fcntl.fcntl(d, fcntl.F_GETFD); n += 1\n        except OSError: pass\n    return {'n': n}"
        )
        assert outcome.values[0]["n"] == 4
    finally:
        os.close(held)


def test_a_server_that_was_killed_is_replaced() -> None:
    run("def backward(v): return {}")
    os.kill(fork_server._running[0].pid, signal.SIGKILL)
    assert run("def backward(v): return {}").values == ({},)


def test_a_run_survives_a_fork_of_the_grader() -> None:
    """A worker that was forked uses the server of its parent."""
    run("def backward(v): return {}")
    pid = os.fork()
    if pid == 0:
        os._exit(0 if run("def backward(v): return {}").values == ({},) else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert run("def backward(v): return {}").values == ({},)


def test_everything_ends_with_the_grader() -> None:
    """Killed in the middle of a run, the grader leaves neither server nor program behind."""
    program = (
        "import sys; from grader import sandbox; from grader.sandbox import fork_server; import threading, time\n"
        "def tell():\n"
        "    while not fork_server.processes(): time.sleep(0.01)\n"
        "    print(fork_server._running[0].pid, *fork_server.processes(), flush=True)\n"
        "threading.Thread(target=tell).start()\n"
        "sandbox.run(b'while True: pass', [], sandbox.Limits(seconds=60))\n"
    )
    grader = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in grader.stdout.readline().split()]
    assert len(pids) == 2
    grader.kill()
    grader.wait()
    grader.stdout.close()
    until = time.monotonic() + 10
    while any(alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(alive(pid) for pid in pids)


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_numpy_alone_is_on_the_path() -> None:
    """The folder that numpy stands in holds the grader's other packages, perhaps the grader: none can be imported."""
    outcome = run("import yaml")
    assert outcome.reason.code == "python.import"
    outcome = sandbox.run(
        b"import yaml", [], required="none", without=frozenset({"seccomp", "chroot", "landlock", "landlock_all"})
    )
    assert outcome.reason.code == "python.import"
    outcome = sandbox.run(
        b"import grader", [], required="none", without=frozenset({"seccomp", "chroot", "landlock", "landlock_all"})
    )
    assert outcome.reason.code == "python.import"


def test_a_reason_becomes_a_finding() -> None:
    """The machine's weakness is for a person to look at, and never costs points silently."""
    assert run("1/0").reason.finding().verdict is Verdict.INVALID
    weak = sandbox.run(b"def backward(v): return {}", [], without=frozenset({"seccomp"}))
    assert weak.reason.finding().verdict is Verdict.REVIEW
    assert "was not run" in told(weak)


def test_importing_the_sandbox_is_cheap() -> None:
    program = "import sys, grader.sandbox; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "sympy", "pydantic"} & set(loaded)
