"""Heavy networks: what one costs the whole report, in processor time and memory, and how many items it costs."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "material"))

from heavy_networks import HEAVY, sheet

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "submissions_example" / "full_marks" / "answers.yaml"


def family(pid: int) -> list[int]:
    """A process and everything that it started."""
    found = [pid]
    for one in found:
        try:
            for task in os.listdir(f"/proc/{one}/task"):
                found += [int(n) for n in Path(f"/proc/{one}/task/{task}/children").read_text().split()]
        except OSError:
            continue
    return found


def taken(pid: int) -> float:
    """Megabytes that a process has to itself, and its part of what it shares."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1e3


def graded(text: str) -> tuple[float, float, dict[str, str]]:
    """Processor time, peak memory of all processes together, and the verdict of each item."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "answers.yaml").write_text(text, encoding="utf-8")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "grader", "grade", folder, "--json", f"{folder}/out.json"]
        running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        peak = [0.0]

        def watch() -> None:
            while running.poll() is None:
                peak[0] = max(peak[0], sum(map(taken, family(running.pid))))
                time.sleep(0.05)

        watcher = threading.Thread(target=watch)
        watcher.start()
        running.wait()
        watcher.join()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        tests = json.loads(Path(folder, "out.json").read_text(encoding="utf-8"))["tests"]
        verdicts = {test["extra_data"]["item"]: test["extra_data"]["verdict"] for test in tests}
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak[0], verdicts


def main() -> None:
    print("Heavy networks in 1.2, beside right answers (goal: under 60 s and 400 MB, no other item lost)")
    print(f"    {'network':<26} processor     memory  items lost  its verdict")
    for name in HEAVY:
        if len(sys.argv) > 1 and sys.argv[1] not in name:
            continue
        seconds, megabytes, verdicts = graded(sheet(name, EXAMPLE))
        own = verdicts.pop("1.2")
        lost = sum(verdict != "correct" for verdict in verdicts.values())
        print(f"    {name:<26} {seconds:7.1f} s {megabytes:7.0f} MB {lost:11}  {own}", flush=True)


if __name__ == "__main__":
    main()
