"""What isolation costs: a warm run with every layer, without any, and the student's own time; and the first run."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from grader import sandbox

PROGRAM = b"""
import numpy as np
def backward(v):
    a = v["x"]
    for _ in range(100):
        a = np.tanh(v["W"] @ a)
    return {"x_bar": a}
"""
LAYERS = frozenset({"chroot", "uid", "capabilities", "no_new_privs", "landlock", "landlock_all", "seccomp"})
RUNS = 30


def median_milliseconds(call: Callable[[], object], runs: int = RUNS) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def main() -> None:
    chance = np.random.default_rng(0)
    instances = [{"x": chance.normal(size=5), "W": chance.normal(size=(5, 5))} for _ in range(5)]
    names: dict[str, object] = {}
    exec(compile(PROGRAM, "program", "exec"), names)
    backward = names["backward"]
    assert callable(backward)

    own = median_milliseconds(lambda: [backward({name: a.copy() for name, a in one.items()}) for one in instances])
    numpy_alone = median_milliseconds(lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True), 5)

    def first() -> None:
        sandbox.stop()
        sandbox.run(PROGRAM, instances)

    first_run = median_milliseconds(first, 5)
    level = sandbox.run(PROGRAM, instances).level
    warm = median_milliseconds(lambda: sandbox.run(PROGRAM, instances))
    bare = median_milliseconds(lambda: sandbox.run(PROGRAM, instances, required="none", without=LAYERS))
    print(f"isolation here: {level}")
    print(f"the program's own time {own:6.1f} ms")
    print(f"warm run, isolated     {warm:6.1f} ms: {warm - own:.1f} ms more (goal: 15)")
    print(f"warm run, bare fork    {bare:6.1f} ms: the layers cost {warm - bare:.1f} ms")
    print(f"first run              {first_run:6.1f} ms (goal: 400)")
    print(f"python -c import numpy {numpy_alone:6.1f} ms: the first run takes {first_run / numpy_alone:.2f} of it")


if __name__ == "__main__":
    main()
