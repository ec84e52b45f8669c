"""Runs over a class: resumed, interrupted, killed, with submissions that crash or hang; nothing lost, nothing twice."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import made_up
import pytest

from grader.batch import running, store
from grader.batch.roster import Unsuitable

CORRECT = {"*": ["correct", "n^2", "n**2"]}


class Watch:
    def __init__(self):
        self.seen, self.faulty = [], []

    def __call__(self, total, name, how):
        self.seen += [name] if how != "kept" else []
        self.faulty += [name] if how == "lost" else []


def submit(folder: Path, answers: dict, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "answers.yaml").write_text(json.dumps(answers))
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def a_class(folder: Path, size: int = 6) -> Path:
    for number in range(size):
        submit(folder / f"student_{number}", CORRECT)
    return folder


def run(path, out, marker=None, jobs=2):
    watch = Watch()
    return running.run(path, out, marker or made_up.marker(), watch, jobs), watch


def rows(file: Path) -> list[dict[str, str]]:
    with open(file, newline="", encoding="utf-8") as text:
        return list(csv.DictReader(text))


def test_every_file_is_written_and_whole(tmp_path):
    ran, _ = run(a_class(tmp_path / "in"), tmp_path / "out")
    assert (ran.total, ran.marked, ran.kept, ran.faults) == (6, 6, 0, 0)
    files = {str(file.relative_to(tmp_path / "out")) for file in (tmp_path / "out").rglob("*") if file.is_file()}
    results = {place for n in range(6) for place in (f"results/student_{n}.json", f"pages/student_{n}.html")}
    assert files == results | {"grades.csv", "answers.csv", "report.html", "class.json", ".lock"}
    whole = json.loads((tmp_path / "out/results/student_0.json").read_text())
    assert whole["score"] == 6.0
    assert {test["extra_data"]["item"] for test in whole["tests"]} == set(made_up.item_names())
    grades = rows(tmp_path / "out/grades.csv")
    assert [row["total"] for row in grades] == ["6"] * 6
    assert [row["2.3.z verdict"] for row in grades] == ["correct"] * 6
    assert len(rows(tmp_path / "out/answers.csv")) == 6 * len(made_up.item_names())
    assert "student_3" in (tmp_path / "out/report.html").read_text()


def test_unchanged_submissions_are_never_marked_twice_and_changed_ones_always_are(tmp_path):
    path, out = a_class(tmp_path / "in"), tmp_path / "out"
    run(path, out)
    assert run(path, out)[1].seen == []
    submit(path / "student_2", {"*": ["incorrect", "n", "n"]})
    submit(path / "student_4", CORRECT, extra="another file")
    submit(path / "student_9", CORRECT)
    assert sorted(run(path, out)[1].seen) == ["student_2", "student_4", "student_9"]
    assert run(path, out, made_up.marker(salt="another config"))[0].marked == 7
    (out / "results/student_1.json").write_text('{"half of')
    assert run(path, out, made_up.marker(salt="another config"))[1].seen == ["student_1"]
    assert {row["submission"]: row["total"] for row in rows(out / "grades.csv")}["student_2"] == "0"


def test_a_zip_of_the_class_has_the_same_content(tmp_path):
    path, out = a_class(tmp_path / "in"), tmp_path / "out"
    run(path, out)
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for file in path.rglob("answers.yaml"):
            archive.write(file, f"wrapper/{file.relative_to(path)}")
    assert run(tmp_path / "in.zip", out)[1].seen == []


@pytest.mark.parametrize(("kind", "message"), [("crash", "status 3"), ("hang", "within 1 s")])
def test_a_lost_submission_is_for_a_person_with_what_was_known(kind, message, tmp_path):
    path = a_class(tmp_path / "in", 4)
    submit(path / "student_1", {"1.1": ["correct", "W", "W"], "2.3.z": [kind, "", ""], "*": ["partial", "n", "n"]})
    ran, watch = run(path, tmp_path / "out", made_up.marker(made_up.Quick))
    assert (ran.marked, ran.faults, watch.faulty) == (4, 1, ["student_1"])
    stored = store.Store(tmp_path / "out").get("student_1")
    verdicts = {item.item: str(item.finding.verdict) for item in stored.report.items}
    assert verdicts["1.1"] == "correct"
    assert verdicts["2.1.1"] == "partial"
    assert verdicts["2.3.z"] == "review"
    assert verdicts["2.4.forward_better_when"] == "review"
    assert message in stored.report.faults[0]
    page = (tmp_path / "out/report.html").read_text()
    assert "pages/student_1.html" in page
    assert message in (tmp_path / "out/pages/student_1.html").read_text()
    public = json.loads((tmp_path / "out/results/student_1.json").read_text())
    assert message not in json.dumps([public["tests"], public.get("output", "")])
    ran, watch = run(path, tmp_path / "out", made_up.marker(made_up.Quick))
    assert (ran.kept, watch.seen) == (3, ["student_1"])  # what a fault cost is marked again


def test_a_lost_submission_is_marked_again_in_the_next_run(tmp_path):
    """Whatever ended its worker, a crash, a limit or the machine, may be gone then."""
    path, out = a_class(tmp_path / "in", 4), tmp_path / "out"
    submit(path / "student_1", {"2.3.z": ["kill_once", str(tmp_path / "killed"), ""], **CORRECT})
    assert run(path, out)[1].faulty == ["student_1"]
    ran, watch = run(path, out)
    assert (ran.marked, ran.kept, ran.faults, watch.seen) == (1, 3, 0, ["student_1"])
    assert {row["submission"]: row["total"] for row in rows(out / "grades.csv")}["student_1"] == "6"
    assert run(path, out)[1].seen == []


def test_an_unreadable_archive_costs_one_submission(tmp_path):
    path = a_class(tmp_path / "in", 2)
    (path / "broken.zip").write_bytes(b"PK\x03\x04 nothing")
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        for file in path.rglob("*"):
            archive.write(file, str(file.relative_to(path)))
    for source in (path, tmp_path / "class.zip"):
        ran, _ = run(source, tmp_path / "out")
        assert ran.total == 3
        assert {row["submission"] for row in rows(tmp_path / "out/grades.csv")} == {"student_0", "student_1", "broken"}


def test_a_damaged_member_of_the_zip_costs_one_file(tmp_path):
    path, name = tmp_path / "class.zip", b"student_0/answers.yaml"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in a_class(tmp_path / "in", 2).rglob("*"):
            archive.write(file, str(file.relative_to(tmp_path / "in")))
    data = path.read_bytes()
    begins = data.index(name) + len(name)
    path.write_bytes(data[:begins] + b"\xff" * 6 + data[begins + 6 :])
    run(path, tmp_path / "out")
    assert {row["submission"]: row["total"] for row in rows(tmp_path / "out/grades.csv")} == {
        "student_0": "0",
        "student_1": "6",
    }


RUN = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
import made_up
from grader.batch import running
from test_running import Watch
running.run(Path({path!r}), Path({out!r}), made_up.marker(), Watch(), 2)
"""


MANY = 80


def hearing_ctrl_c():
    """A shell starts what runs in the background deaf to Ctrl-C, and that is inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_middle_it_goes_on_from_there(how, tmp_path):
    path, out, log = tmp_path / "in", tmp_path / "out", tmp_path / "log"
    for number in range(MANY):
        submit(path / f"student_{number}", CORRECT, log=str(log))
    code = RUN.format(here=str(Path(__file__).parent), path=str(path), out=str(out))
    child = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL, preexec_fn=hearing_ctrl_c)
    while len(list((out / "results").glob("*.json")) if (out / "results").exists() else []) < 20:
        time.sleep(0.01)
        assert child.poll() is None
    child.send_signal(how)
    child.wait()
    written = {file.stem for file in (out / "results").glob("*.json")}
    assert 20 <= len(written) < MANY
    for name in written:
        json.loads((out / f"results/{name}.json").read_text())
    for _ in range(100):  # the workers notice the end of their parent
        with contextlib.suppress(Unsuitable):
            ran, watch = run(path, out)
            break
        time.sleep(0.05)
    assert ran.kept == len(written)
    assert set(watch.seen) == {f"student_{number}" for number in range(MANY)} - written
    assert not list(out.rglob("*.part"))
    marked = log.read_text().split()
    assert len(marked) - MANY <= 4, "no more than what the two workers held was marked again"
    assert len({row["submission"] for row in rows(out / "grades.csv")}) == len(rows(out / "grades.csv")) == MANY


def test_two_runs_do_not_write_to_one_folder(tmp_path):
    path = a_class(tmp_path / "in", 1)
    with store.Store(tmp_path / "out").open(), pytest.raises(Unsuitable):
        run(path, tmp_path / "out")


def test_what_an_earlier_run_left_half_written_is_removed(tmp_path):
    (tmp_path / "results").mkdir()
    left = [tmp_path / ".grades.csv.1.part", tmp_path / "results/.ada.json.1.part"]
    for file in left:
        file.touch()
    with store.Store(tmp_path).open():
        assert not any(file.exists() for file in left)


def test_without_a_list_of_the_class_its_results_say_who_is_in_it(tmp_path):
    run(a_class(tmp_path / "in", 2), tmp_path / "out")
    (tmp_path / "out/class.json").write_text("{")
    assert [entry.who for entry in store.Store(tmp_path / "out").roster().entries] == ["student_0", "student_1"]


def test_no_class_writes_nothing(tmp_path):
    with pytest.raises(Unsuitable):
        run(submit(tmp_path / "in", CORRECT), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_groups_have_a_row_each_and_recorded_scores_a_difference(tmp_path):
    submit(tmp_path / "x/submission_1", CORRECT)
    submit(tmp_path / "x/submission_2", {"*": ["incorrect", "=1+1", "2"]})
    (tmp_path / "x/submission_metadata.yml").write_text(
        "submission_1:\n  :submitters:\n  - :name: '=Ada'\n    :sid: '007'\n    :email: a@b.c\n  - :name: Alan\n"
        "  :score: 5.5\nsubmission_2:\n  :submitters: []\n  :score:\n"
    )
    run(tmp_path / "x", tmp_path / "out")
    first, second, third = rows(tmp_path / "out/grades.csv")
    assert (first["name"], first["sid"], first["recorded"], first["difference"]) == ("'=Ada", "007", "5.5", "0.5")
    assert (second["name"], second["sid"], second["total"]) == ("Alan", "", "6")
    assert (third["name"], third["recorded"], third["difference"]) == ("", "", "")
    assert {row["typed"] for row in rows(tmp_path / "out/answers.csv")} == {"n^2", "'=1+1"}


def test_an_anonymous_report_names_nobody_and_the_key_is_beside_it(tmp_path):
    out = tmp_path / "out"
    running.run(a_class(tmp_path / "in", 3), out, made_up.marker(), Watch(), 1, anonymous=True)
    shown = [out / "anonymous/report.html", *(out / "anonymous/pages").iterdir()]
    assert sorted(file.name for file in shown) == ["1.html", "2.html", "3.html", "report.html"]
    assert not any("student_" in file.read_text() for file in shown)
    assert 'href="pages/2.html"' in shown[0].read_text()
    key = rows(out / "anonymous-key.csv")
    assert sorted(row["submission"] for row in key) == ["student_0", "student_1", "student_2"]
    assert [row["number"] for row in key] == ["1", "2", "3"]
    assert 'href="../report.html"' in (out / "pages/student_1.html").read_text()


def test_people_of_one_name_are_told_apart_on_the_page(tmp_path):
    people = ["Ada", "Ada", "Alan"]
    for number in range(3):
        submit(tmp_path / f"x/submission_{number}", CORRECT)
    (tmp_path / "x/submission_metadata.yml").write_text(
        "".join(f"submission_{number}:\n  :submitters:\n  - :name: {name}\n" for number, name in enumerate(people))
    )
    run(tmp_path / "x", tmp_path / "out")
    page = (tmp_path / "out/report.html").read_text()
    assert all(who in page for who in ("Ada (submission_0)", "Ada (submission_1)", "Alan"))
    assert "Alan (" not in page


@pytest.mark.parametrize(("size", "canonical", "kilobytes"), [(12, "n", 95_000), (16, "n{}", 140_000)])
def test_memory_of_the_run_does_not_hold_the_class(size, canonical, kilobytes, tmp_path):
    """The largest of many reports is what is held, not their sum: equal answers of 40 kB each leave no trace."""
    path = tmp_path / "in"
    for number in range(size):
        submit(path / f"s{number}", {"*": ["incorrect", f"{number} " + "n" * 40_000, canonical.format(number)]})
    code = RUN.format(here=str(Path(__file__).parent), path=str(path), out=str(tmp_path / "out"))
    # The kernel's own high-water mark of this program: ru_maxrss would begin at that of the process that started it.
    code = (
        "import os\n"
        + code
        + "print(next(line.split()[1] for line in open('/proc/self/status') if line[:6] == 'VmHWM:'))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run_ = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert int(run_.stdout) < kilobytes
