"""A class of 500 marked at once, against one `grader grade` a submission from as many shells; and how both grow.

The shell loop is timed on a sample, since it takes minutes: a submission costs it the same wherever it stands. SIZES in
the environment names other sizes than 100, 500 and 2000.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "material"))
import a_class

SAMPLE = int(os.environ.get("SAMPLE", "24"))
SIZES = [int(size) for size in os.environ.get("SIZES", "100 500 2000").split()]
GRADER = [sys.executable, "-m", "grader"]
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def batch(path: Path, out: Path) -> float:
    started = time.perf_counter()
    subprocess.run([*GRADER, "batch", str(path), "--out", str(out)], check=True, capture_output=True)
    return time.perf_counter() - started


def shell_loop(path: Path) -> float:
    """Seconds for a submission, with as many jobs at a time as there are cores."""
    every = max(len(list(path.iterdir())) // SAMPLE, 1)
    chosen = sorted(path.iterdir())[::every][:SAMPLE]
    names = "\0".join(str(place) for place in chosen).encode()
    command = ["xargs", "-0", "-n1", f"-P{CORES}", *GRADER, "grade"]
    started = time.perf_counter()
    subprocess.run(command, input=names, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - started) / len(chosen)


def main() -> None:
    loop = None
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = a_class.make(Path(folder, "class"), size)
            taken = batch(path, Path(folder, "out"))
            again = batch(path, Path(folder, "out"))
            loop = shell_loop(path)
        print(
            f"{size:5d} submissions: batch {size / taken:6.1f}/s, a shell loop {1 / loop:5.2f}/s "
            f"with {CORES} jobs: {loop * size / taken:5.1f} times; again, unchanged: {size / again:6.1f}/s"
        )


if __name__ == "__main__":
    main()
