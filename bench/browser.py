"""The self-check in a page: what is loaded first, how soon it is ready, a check cold and warm, memory. Needs Node.

Seconds are the processor's: on a machine with nothing else to do they are the wall's, or more.
"""

from __future__ import annotations

import sys
import tempfile
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "browser"))

from in_node import Worker

from grader.assignment import config
from grader.package import browser

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "config.yaml"
FULL, OTHER = (
    {"answers.yaml": (ROOT / "submissions_example" / name / "answers.yaml").read_text(encoding="utf-8")}
    for name in ("full_marks", "slips_of_the_pen")
)
TARGETS = {"first load": 16.0, "ready": 6.0, "cold": 1.5, "warm": 0.4, "memory": 300.0}


def measured(built: dict[str, bytes]) -> dict[str, float]:
    later = {f"{name}.zip" for name in browser.LATER}
    with tempfile.TemporaryDirectory() as folder:
        for name, data in built.items():
            (Path(folder) / name).write_bytes(data)
        worker = Worker(folder)
        moments = [worker.memory()]
        for files in (FULL, OTHER, FULL, OTHER, FULL, OTHER, FULL):
            worker.check(files)
            moments.append(worker.memory())
        worker.end()
    spent = [after["seconds"] - before["seconds"] for before, after in pairwise(moments)]
    return {
        "first load": sum(len(data) for name, data in built.items() if name not in later) / 1e6,
        "ready": moments[0]["seconds"],
        "cold": spent[0],
        "warm": min(spent[2::2]),
        "memory": max(moment["bytes"] for moment in moments) / 1e6,
    }


def main() -> None:
    try:
        built = browser.build(ROOT, CONFIG, config.load(CONFIG), browser.cache())
        browser.node()
    except browser.Missing as missing:
        print(f"The page is not measured: {missing}")
        return
    found = measured(built)
    says = {
        "first load": "MB before the first check, packed as they lie there",
        "ready": "s until it is ready",
        "cold": "s for the first check of full_marks",
        "warm": "s for it again, after another submission",
        "memory": "MB of Node's process",
    }
    for name, target in TARGETS.items():
        print(f"{found[name]:8.2f} {says[name]} (at most {target:g}){'' if found[name] <= target else '  ABOVE'}")


if __name__ == "__main__":
    main()
