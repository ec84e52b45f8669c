"""An honest program gets its arrays through; any other gets one clear reason, with its own line and no path."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from grader import sandbox
from grader.report import Verdict, plain
from grader.sandbox import Limits, running

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


def test_what_is_printed_is_kept_beside_the_values() -> None:
    outcome = run("print('hello')\ndef backward(v):\n    print('x' * 9000)\n    return {}")
    assert outcome.values == ({},)
    assert outcome.printed == f"hello\n{'x' * 9000}\n"


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
        ("import scipy.special", "python.import", 1, "What can be imported: numpy, Python's standard library and"),
        ("from helper import f", "python.import", 1, "your own .py files handed in beside backprop.py"),
        ("import threading\nthreading.Thread(target=print).start()", "python.exception", 2, "no other processes"),
        ("def backward(v):\n    return v['y_prime']", "python.exception", 2, "it holds x, W, t, S"),
        ("def backward(v):\n    return v[0]", "python.exception", 2, "v has no 0"),
        ("x = 'a\0b'", "python.syntax", 1, "syntax error"),
        ("from numpy import nonsense", "python.import", 1, "nonsense"),
        ("def backward(v):\n    a = 1\n    return v['z']", "python.exception", 3, "v has no 'z'; it holds x, W, t, S"),
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
        ("def backward(v):\n    while True: pass", "python.time", None, "within 0.7 seconds"),
        ("import os\nos.abort()", "python.crash", None, "SIGABRT"),
    ],
)
def test_each_reason_is_clear(program: str, code: str, line: int | None, words: str) -> None:
    outcome = run(program, seconds=0.7)
    assert outcome.values is None
    assert outcome.reason.code == code
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


LIBRARY = """
    argparse csv unittest unittest.mock queue glob uuid concurrent.futures multiprocessing multiprocessing.pool asyncio
    doctest pdb graphlib locale calendar gzip bz2 zipfile tarfile mmap cProfile pstats getpass urllib.request html
    xml.etree.ElementTree subprocess hashlib secrets tempfile pathlib shutil threading pickle zoneinfo http.client
    signal email sched contextvars configparser fileinput codecs base64 ctypes optparse cmd code platform colorsys
    selectors socket ast symtable tokenize types abc atexit copyreg shelve difflib string struct textwrap zlib
"""
NUMPY = """
    numpy.testing numpy.f2py numpy.matlib numpy.char numpy.rec numpy.ctypeslib numpy.lib numpy.exceptions numpy.dtypes
    numpy.polynomial.chebyshev numpy.lib.stride_tricks numpy.lib.recfunctions numpy.random.mtrand
"""


@pytest.mark.parametrize("names", [LIBRARY, NUMPY], ids=["library", "numpy"])
def test_the_standard_library_and_numpy_can_be_imported(names: str) -> None:
    """All of it from memory: there are no files to import from."""
    here = [name for name in names.split() if importlib.util.find_spec(name.split(".")[0])]
    tried = "".join(f"    ({name!r}, lambda: __import__({name!r})),\n" for name in here)
    program = (
        f"import sys\nfailed = []\nfor name, attempt in [\n{tried}]:\n    try:\n        attempt()\n"
        "    except ImportError as error:\n        failed.append(f'{name}: {error}')\nprint(*failed)\n"
        "assert not sys.path\ndef backward(v):\n    return {}"
    )
    outcome = run(program, seconds=30)
    assert (outcome.values, outcome.printed) == (({},), "\n")


@pytest.mark.parametrize(
    "program",
    [
        "from numpy import *\ndef backward(v):\n    return {'a': exp(v['x'])}",
        "import numpy as np\ndef backward(v):\n    np.testing.assert_allclose(v['x'], [1, 2])\n    return {'a': 1}",
        "import datetime\nd = datetime.datetime.strptime('2020', '%Y')\ndef backward(v):\n    return {'a': d.year}",
        "import time\nd = time.strptime('2020', '%Y')\ndef backward(v):\n    return {'a': d.tm_year}",
        "import os, sys\nsys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))\n"
        "from pathlib import Path\nsys.path.append(str(Path(__file__).resolve().parent))\n"
        "def backward(v):\n    return {'a': len(sys.path)}",
        "import os\nos.chdir(os.path.dirname(os.path.realpath(__file__)))\nhere = os.getcwd()\n"
        "def backward(v):\n    return {'a': len(here)}",
        "import argparse\nargs = argparse.ArgumentParser().parse_args()\ndef backward(v):\n    return {'a': 1}",
        "from concurrent.futures import ThreadPoolExecutor\nimport multiprocessing as mp\n"
        "def backward(v):\n    return {'a': mp.cpu_count()}\nif __name__ == '__main__':\n    mp.Pool()",
        "import unittest\nclass T(unittest.TestCase):\n    pass\ndef backward(v):\n    return {'a': 1}",
        "from typing import TYPE_CHECKING\nfrom functools import lru_cache\nimport logging\n"
        "logging.basicConfig(level='INFO')\nlogging.info('x')\ndef backward(v):\n    return {'a': 1}",
        "import os\ndef backward(v):\n    return {'a': os.cpu_count() or len(os.sched_getaffinity(0))}",
        "import time\nfor name in ('time', 'perf_counter', 'monotonic', 'process_time', 'thread_time'):\n"
        "    getattr(time, name)()\n    time.get_clock_info(name) if name != 'thread_time' else 0\n"
        "def backward(v):\n    return {'a': 1}",
        "import uuid\nname = str(uuid.uuid4())\ndef backward(v):\n    return {'a': len(name)}",
    ],
)
def test_what_people_write_around_it_works(program: str) -> None:
    outcome = run(program, seconds=20)
    assert outcome.reason is None, told(outcome)
    assert outcome.values[0]["a"].size


def test_files_beside_it_can_be_imported() -> None:
    beside = {
        "helper.py": b"from tools.rules import twice\nimport backprop\ndef f(v):\n    return {'x_bar': twice(v['x'])}",
        "tools/__init__.py": b"",
        "tools/rules.py": b"from . import numbers\ndef twice(x):\n    return numbers.TWO * x",
        "tools/numbers.py": b"from plain.folder import TWO",
        "plain/folder.py": b"TWO = 2",
        "queue.py": b"ours = 1",
        "backprop.py": b"never read",
    }
    program = b"import helper, queue\nassert queue.ours\ndef backward(v):\n    return helper.f(v)"
    outcome = sandbox.run(program, [INSTANCE], beside=beside)
    assert outcome.values[0]["x_bar"].tolist() == [2, 4]


@pytest.mark.parametrize(
    ("helper", "code", "words"),
    [
        (b"def f(v):\n    return v['x'] @ 1", "python.exception", "In line 2 of helper.py"),
        (b"\ndef f(v) return 1", "python.syntax", "In line 2 of helper.py"),
        (b"import torch", "python.import", "In line 1 of helper.py"),
        (b"f = 1/0", "python.exception", "In line 1 of helper.py"),
    ],
)
def test_a_mistake_in_a_file_beside_it_is_placed(helper: bytes, code: str, words: str) -> None:
    program = b"import helper\ndef backward(v):\n    return helper.f(v)"
    outcome = sandbox.run(program, [INSTANCE], beside={"helper.py": helper})
    assert outcome.reason.code == code
    assert words in told(outcome)


TEXT = "π = 3\n# café\ndef backward(v):\n    return {'a': π}\n"


@pytest.mark.parametrize(
    "source",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        ("\n" + TEXT).encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        ("# coding: utf-8\n" + TEXT).encode("utf-16"),
        ("# coding: nonsense\n" + TEXT).encode(),
        ("# -*- coding: latin-1 -*-\n" + TEXT.replace("π", "p")).encode("latin-1"),
        TEXT.replace("π", "p").encode("latin-1"),
        TEXT.replace("π", "p").replace("é", "é\x80").encode("latin-1"),
        ("# coding: gbk\n# 反向传播\n" + TEXT.replace("é", "").replace("π", "p")).encode("gbk"),
        ("# coding: cp1252\n# “x”\n" + TEXT.replace("π", "p")).encode("cp1252"),
    ],
)
def test_sources_in_every_encoding(source: bytes) -> None:
    outcome = sandbox.run(source, [INSTANCE])
    assert outcome.reason is None, told(outcome)
    assert outcome.values == ({"a": 3.0},)


@pytest.mark.parametrize("name", ["y'", "y_prime", "y′"])
def test_a_prime_may_be_written_as_one(name: str) -> None:
    program = (
        f"def backward(v):\n    return {{'a': v[{name!r}], 'b': v.get({name!r}), 'n': len(v), 'c': v.get('q', 7)}}"
    )
    (given,) = run(program, {"y_prime": np.array([1.0, 2.0])}).values
    assert given["a"].tolist() == given["b"].tolist() == [1, 2]
    assert (given["n"], given["c"]) == (1, 7)


def test_the_inputs_of_later_calls_are_not_there_yet() -> None:
    """All that the process holds is searched for the numbers of the next call."""
    program = (
        "import gc, sys\nimport numpy as np\nreached = []\n"
        "def backward(v):\n"
        "    frame, seen = sys._getframe(1), []\n"
        "    while frame:\n"
        "        seen += frame.f_locals.values(); frame = frame.f_back\n"
        "    todo, known = [*seen, *gc.get_objects()], set()\n"
        "    for depth in range(3):\n"
        "        todo = [r for o in todo if id(o) not in known and not known.add(id(o)) for r in gc.get_referents(o)]\n"
        "        for o in todo:\n"
        "            if isinstance(o, np.ndarray) and o.dtype.kind == 'f' and 4711.5 in o.ravel()[:9]:\n"
        "                o[...] = 0; reached.append(1)\n"
        "            if isinstance(o, (bytes, bytearray)) and np.float64(4711.5).tobytes() in o:\n"
        "                reached.append(1)\n"
        "    return {'x': v['x'], 'reached': len(reached)}\n"
    )
    first, second = {"x": np.array([1.0, 2.0])}, {"x": np.array([4711.5])}
    outcome = sandbox.run(program.encode(), [first, second])
    assert outcome.reason is None, told(outcome)
    assert outcome.values[0]["reached"] == 0
    assert outcome.values[1]["x"].size


def test_the_wall_holds_no_descriptor_of_the_grader() -> None:
    """Whatever the grader has open, inheritable or not, the program has five descriptors: its channel."""
    held = os.open("/", os.O_RDONLY)
    os.set_inheritable(held, True)
    more = [os.dup(held) for _ in range(300)]
    try:
        sandbox.stop()
        outcome = run(
            "import fcntl\ndef backward(v):\n    n = 0\n    for d in range(1000):\n        try:\n"
            "            fcntl.fcntl(d, fcntl.F_GETFD); n += 1\n        except OSError: pass\n    return {'n': n}"
        )
        assert outcome.values[0]["n"] == 5
    finally:
        for descriptor in (held, *more):
            os.close(descriptor)


def test_a_process_that_never_gets_ready_costs_nobody_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first line, come too late, must not be taken for the program's reply, whatever level is asked for."""
    monkeypatch.setattr(running, "seen_from_outside", lambda pid, announced: pytest.fail("it has announced nothing"))
    begun = running.begun

    @contextlib.contextmanager
    def silent(*request: Any) -> Iterator[running.Session]:
        reading, writing = os.pipe()
        os.close(writing)
        with begun(*request) as session, os.fdopen(reading, "rb", buffering=0) as nothing:
            yield replace(session, reply=nothing)

    monkeypatch.setattr(running, "begun", silent)
    outcome = sandbox.run(b"def backward(v): return {}", [], required="none")
    assert outcome.reason is not None
    assert (outcome.reason.verdict, outcome.reason.code) == (Verdict.REVIEW, "python.isolation")


def test_a_server_that_was_killed_is_replaced() -> None:
    run("def backward(v): return {}")
    os.kill(running._running[0].pid, signal.SIGKILL)
    assert run("def backward(v): return {}").values == ({},)


def test_a_run_survives_a_fork_of_the_grader() -> None:
    """A worker that was forked has a server of its own."""
    run("def backward(v): return {}")
    pid = os.fork()
    if pid == 0:
        os._exit(0 if run("def backward(v): return {}").values == ({},) else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert run("def backward(v): return {}").values == ({},)


def test_programs_of_two_servers_run_as_two_users() -> None:
    """The workers of a batch run programs side by side: what one user may do to its own, none of them may do."""
    users = set()
    for _ in range(2):
        running.stop()
        outcome = run("import os\ndef backward(v): return {'user': os.getuid()}")
        users.add(float(outcome.values[0]["user"]))
    assert len(users) == 2 or "uid" not in outcome.layers


def test_everything_ends_with_the_grader() -> None:
    """Killed in the middle of a run, the grader leaves neither server nor program behind."""
    program = (
        "import sys; from grader import sandbox; from grader.sandbox import running; import threading, time\n"
        "def tell():\n"
        "    while not running.processes(): time.sleep(0.01)\n"
        "    print(running._running[0].pid, *running.processes(), flush=True)\n"
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


def test_a_reason_is_a_finding() -> None:
    """The machine's weakness is for a person to look at, and never costs points silently."""
    assert run("1/0").reason.verdict is Verdict.INVALID
    weak = sandbox.run(b"def backward(v): return {}", [], without=frozenset({"seccomp"}))
    assert weak.reason.verdict is Verdict.REVIEW
    assert "was not run" in told(weak)


def test_importing_the_sandbox_is_cheap() -> None:
    program = "import sys, grader.sandbox; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "sympy", "z3", "pydantic"} & set(loaded)
