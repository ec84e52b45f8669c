"""A cold ``grader grade`` of the example with full marks, against importing numpy, sympy and yaml alone."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = 7
GRADE = [sys.executable, "-m", "grader", "grade", "submissions_example/full_marks"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""The bytecode of the libraries is there since they were installed; so must the grader's be."""
IMPORT = [sys.executable, "-c", "import numpy, sympy, yaml"]


def run(command):
    """Wall seconds, processor seconds and peak megabytes of one run and what it started."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    run(GRADE), run(IMPORT)
    pairs = [(run(GRADE), run(IMPORT)) for _ in range(RUNS)]
    for number, name in enumerate(("wall", "processor")):
        ratios = [grade[number] / imports[number] for grade, imports in pairs]
        median = statistics.median(ratios)
        print(f"cold grade / bare import, {name} time: {median:.2f} ({min(ratios):.2f} to {max(ratios):.2f}; goal 1.4)")
    print(f"peak memory of a cold grade: {max(grade[2] for grade, _ in pairs):.0f} MB (goal: under 250)")


if __name__ == "__main__":
    main()
