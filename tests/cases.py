"""Holds the grader against a folder of cases that are kept outside the project, and prints figures for each set.

    python tests/cases.py FOLDER [SET ...]

Says so and ends well where the folder is not there. ``typed``, ``graphs``, ``networks``, ``derivations`` and
``derive`` are run by the checkers in that folder; ``files``, ``faults`` and ``reported`` here. The exit status is 0
only where no set has more answers off than ``ALLOWED``. ``GRADER`` names the command, ``JOBS`` how many submissions
are marked at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
GRADER = os.environ.get("GRADER", str(PROJECT / ".venv/bin/grader")).split()
JOBS = os.environ.get("JOBS", "1")
RIGHT = PROJECT / "submissions_example/full_marks/answers.yaml"
EARNED = ("correct", "partial")
SECONDS, MEGABYTES = 60, 400
"""What marking any one submission may take: processor time, and memory of the largest process."""

ALLOWED = {"typed": 5}
"""How many answers of a set may be off, where it is more than none."""
JUDGED_WRONGLY = {"false accept", "false reject", "too generous", "too strict", "guessed", "not invalid"}
"""What counts as off in derivations: refused, lost and left to a person are shown as figures beside it."""

Verdicts = dict[str, str]


@dataclass(frozen=True)
class Run:
    """One run of the grader: how it ended, what it said, and what it and its children took."""

    status: int
    output: str
    seconds: float
    megabytes: float


def run(*words: str | Path, shell: str = 'exec "$@"', folder: Path | None = None) -> Run:
    """The grader with these words, started by a line of shell."""
    program = [str(shutil.which(GRADER[0]) or GRADER[0]), *GRADER[1:]]
    command = ["sh", "-c", shell, "sh", *program, *map(str, words)]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=folder
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode(errors="replace")
    return Run(process.returncode, said, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def verdicts(results: Path) -> Verdicts:
    if not results.exists():
        return {}
    tests = json.loads(results.read_text())["tests"]
    with_data = [test["extra_data"] for test in tests if "item" in test.get("extra_data", {})]
    return {data["item"]: data["verdict"] for data in with_data}


def marked(path: Path) -> tuple[Verdicts, Run]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        ran = run("grade", path, "--json", report)
        return verdicts(report), ran


def off(given: Verdicts, want: dict[str, Any], others: Any) -> Iterator[str]:
    """Each item whose verdict is none of the wanted ones; ``others`` is wanted of the items not named."""
    if not given:
        yield "no results"
    for item, got in given.items():
        fine = want.get(item, others)
        if fine is not None and got not in ([fine] if isinstance(fine, str) else fine):
            yield f"{item}: {got} for {fine}"


def submission(place: Path) -> Path:
    """A new submission with full marks."""
    place.mkdir(parents=True)
    shutil.copy(RIGHT, place / "answers.yaml")
    return place


# -- sets that are run here --------------------------------------------------------------------------------------------


def files(cases: Path) -> Iterator[str]:
    rows = json.loads((cases / "files.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        run("batch", cases / "files", "--out", folder, "--jobs", JOBS)
        for row in rows:
            given = verdicts(Path(folder, "results", f"{row['id']}.json"))
            wrong = list(off(given, row["want"]["items"], row["want"]["others"]))
            if wrong:
                yield f"{row['id']} [{row['kind'][:60]}] {len(wrong)} items, {wrong[0]}"
    print(f"  {len(rows)} submissions")


def reported(cases: Path) -> Iterator[str]:
    text = (cases / "reported.jsonl").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    ran = subprocess.run([*GRADER, "try", "--rows", "-"], input=text, capture_output=True, text=True)
    given = {answer["id"]: answer for answer in map(json.loads, ran.stdout.splitlines())}
    for row in rows:
        got = given.get(row["id"], {})
        if got.get("verdict") not in (row["verdict"], *row["also_ok"]):
            message = str(got.get("message"))[:160]
            yield f"{row['id']} {row['text']!r}: {got.get('verdict')} for {row['verdict']} | {message!r}"
    print(f"  {len(rows)} answers")


def faults(cases: Path) -> Iterator[str]:
    for name, check in FAULTS.items():
        yield from (f"{name}: {said}" for said in check(cases / "faults" / name))
    for folder in sorted((cases / "faults").glob("honest_*")):
        yield from (f"{folder.name}: {said}" for said in honest(folder))
    for check in SITUATIONS:
        with tempfile.TemporaryDirectory() as place:
            yield from (f"{check.__name__}: {said}" for said in check(Path(place)))


# -- faults that have a folder -----------------------------------------------------------------------------------------


def dear(ran: Run, seconds: float = SECONDS, megabytes: float = MEGABYTES) -> Iterator[str]:
    if ran.seconds > seconds or ran.megabytes > megabytes:
        yield f"{ran.seconds:.0f} s and {ran.megabytes:.0f} MB, for at most {seconds} s and {megabytes} MB"


def heavy_network(folder: Path) -> Iterator[str]:
    given, ran = marked(folder)
    yield from off(given, {"1.2": ["incorrect", "review"]}, EARNED)
    yield from dear(ran)
    if "has a fault" in ran.output:
        yield "a limit is called a fault of the grader"


def odd_name(folder: Path) -> Iterator[str]:
    given, ran = marked(folder / "sub")
    yield from off(given, {}, "correct")
    yield from dear(ran, 20)


def overflow(folder: Path) -> Iterator[str]:
    given, _ = marked(folder / "sub")
    yield from (f"{item}: credit" for item, got in given.items() if item.startswith("2.1.2") and got in EARNED)


def pax(folder: Path) -> Iterator[str]:
    yield from dear(run("grade", folder / "pax.tar.gz"), 10)


def honest(folder: Path) -> Iterator[str]:
    given, ran = marked(folder)
    equations = {item: got for item, got in given.items() if item.startswith("2.1.2.")}
    unusable = {"honest_one_none_other_ok": "2.1.2.S_bar"}.get(folder.name, "")
    if folder.name == "honest_keys_dx":
        if "dz1" not in ran.output or "z1_bar" not in ran.output:
            yield "the keys that came back and those expected are not both named"
        return
    yield from off(equations, {unusable: ["invalid", "incorrect", "missing"]}, "correct")


def sees_others(folder: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as place:
        program = (folder / "backprop.py").read_text()
        asserted = program.replace("def backward(v): ", "def backward(v):\n    assert len(found) <= 1\n    ")
        Path(place, "backprop.py").write_text(asserted)
        yield from honest(Path(place))


def changes_inputs(folder: Path) -> Iterator[str]:
    given, _ = marked(folder)
    if len({got for item, got in given.items() if item.startswith("2.1.2.")}) != 1:
        yield "one call changes the inputs of the next"


FAULTS: dict[str, Callable[[Path], Iterator[str]]] = {
    "01_redos_file_name": odd_name,
    "02_overflow_gets_credit": overflow,
    "03_deep_cube_costs_all": heavy_network,
    "04_memory_790MB": heavy_network,
    "05_deep_exp": heavy_network,
    "05b_abs_60x49": heavy_network,
    "06_pax_quadratic": pax,
    "07_sees_pids": sees_others,
    "08_changes_next_input": changes_inputs,
}


# -- faults that need a situation --------------------------------------------------------------------------------------


def in_class(place: Path, *more: str | Path) -> tuple[dict[str, Verdicts], Run]:
    """The class in ``place / "class"``, marked into ``place / "out"``."""
    out = place / "out"
    ran = run("batch", place / "class", "--out", out, "--jobs", JOBS, *more)
    return {file.stem: verdicts(file) for file in sorted((out / "results").glob("*.json"))}, ran


def odd_files_in_a_class(place: Path) -> Iterator[str]:
    submission(place / "class" / "ada")
    os.mkfifo(place / "class" / "b.zip")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place / "class" / "c.zip"))
    (place / "class" / "answers.yaml").mkdir()
    given, ran = in_class(place)
    yield from off(given.get("ada", {}), {}, "correct")
    yield from dear(ran, 30)
    if "b.zip" not in ran.output and "b" not in given:
        yield "the FIFO is not named"


def out_inside_the_class(place: Path) -> Iterator[str]:
    submission(place / "class" / "ada")
    submission(place / "class" / "ben")
    for _ in range(2):
        run("batch", place / "class", "--out", place / "class" / "marks", "--jobs", JOBS)
    found = sorted(file.stem for file in (place / "class" / "marks" / "results").glob("*.json"))
    if found != ["ada", "ben"]:
        yield f"marked {found}"


def folder_named_for_the_answers(place: Path) -> Iterator[str]:
    whole = submission(place / "one" / "answers.yaml")
    given, _ = marked(whole.parent)
    yield from off(given, {}, "correct")


def picture_only(place: Path) -> Iterator[str]:
    (place / "one").mkdir()
    (place / "one" / "scan.pdf").write_bytes(b"%PDF-1.7\n")
    given, ran = marked(place / "one")
    yield from off(given, {}, "review")
    if "scan.pdf" not in ran.output:
        yield "the file is not named"


def worker_killed(place: Path) -> Iterator[str]:
    """Every worker is killed while it marks; the next run marks again."""
    submission(place / "class" / "ada")
    command = [*GRADER, "batch", str(place / "class"), "--out", str(place / "out"), "--jobs", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ends = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < ends:
        for child in children(process.pid):
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself meanwhile
                os.kill(child, signal.SIGKILL)
        time.sleep(0.2)
    process.kill()
    process.wait()
    given, _ = in_class(place)
    yield from off(given.get("ada", {}), {}, "correct")


def children(parent: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True).stdout
    return [int(pid) for pid in listed.split()]


def lost_output(place: Path) -> Iterator[str]:
    one = submission(place / "one")
    gone = place / "gone"
    for name, shell in (
        ("closed", 'exec "$@" >&-'),
        ("full", 'exec "$@" >/dev/full'),
        ("folder deleted", 'rmdir "$PWD" && exec "$@"'),
    ):
        gone.mkdir(exist_ok=True)
        report = place / f"{name}.json"
        ran = run("grade", one, "--json", report, shell=shell, folder=gone)
        wrong = list(off(verdicts(report), {}, "correct"))
        if wrong or "Traceback" in ran.output:
            yield f"standard output {name}: {wrong[:1]}, {ran.output[-200:]!r}"


SITUATIONS = (
    odd_files_in_a_class,
    out_inside_the_class,
    folder_named_for_the_answers,
    picture_only,
    worker_killed,
    lost_output,
)


# -- sets that have a checker of their own -----------------------------------------------------------------------------


def checked(script: str, *words: str, wrongly: bool = False) -> Callable[[Path], Iterator[str]]:
    """What a checker finds off; with ``wrongly`` only what is judged wrongly, and the rest as figures."""

    def found(cases: Path) -> Iterator[str]:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "out.json")
            command = [sys.executable, str(cases / script), *words, "--json", str(out)]
            environment = {**os.environ, "GRADER": " ".join(GRADER), "JOBS": JOBS}
            ran = subprocess.run(command, capture_output=True, text=True, env=environment)
            if not out.exists():
                yield f"{script} ended without figures: {ran.stderr[-300:]}"
                return
            differing = json.loads(out.read_text())
        if isinstance(differing, dict):
            differing = differing["diffs"]
        for line in ran.stdout.splitlines():
            if ": {" in line or line.startswith("collateral: "):
                print(f"  {line}")
        for row in differing:
            if not wrongly or row["sort"] in JUDGED_WRONGLY:
                where = f"{row['id']}.{row['item']}" if "item" in row else row["id"]
                typed = row.get("typed", row.get("text"))
                yield f"{row['sort']}: {where} {typed!r:.100} {row['got']} for {row['want']} | {row['message']!r:.200}"

    return found


SETS: dict[str, Callable[[Path], Iterator[str]]] = {
    "files": files,
    "faults": faults,
    "reported": reported,
    "typed": checked("check_answers.py", "spellings"),
    "graphs": checked("check_answers.py", "graphs"),
    "networks": checked("check_answers.py", "networks"),
    "derivations": checked("check_answers.py", "derivations", wrongly=True),
    "derive": checked("check_equations.py", "--quiet", wrongly=True),
}


def main(arguments: list[str]) -> int:
    cases = Path(arguments[0]).resolve()
    if not cases.is_dir():
        print(f"There is no folder {arguments[0]}: nothing was tried.")
        return 0
    figures = []
    for name in arguments[1:] or SETS:
        print(f"== {name}", flush=True)
        count = 0
        for said in SETS[name](cases):
            print(f"  {said}", flush=True)
            count += 1
        figures.append((name, count, ALLOWED.get(name, 0)))
    print("==", *(f"{name}: {count} off, {most} allowed" for name, count, most in figures), sep="\n")
    return 0 if all(count <= most for _, count, most in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
