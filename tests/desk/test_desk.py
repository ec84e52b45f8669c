"""The desk: what waits, decided and saved at once, undone, gone on with; and nothing of it for any other page."""

from __future__ import annotations

import csv
import json
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
import small_homework
from starlette.testclient import TestClient

from grader import decisions, desk as desks
from grader.batch import running
from grader.batch.running import Marker
from grader.desk import Answered, Case, Desk
from grader.report import Finding, ItemReport, Verdict

TOKEN, PORT = "secret", 4321
HERE = {"host": f"127.0.0.1:{PORT}", "origin": f"http://127.0.0.1:{PORT}"}
TIMES = {"ada": "2n2", "alan": "2 n2?", "bob": "2n2", "carol": "2n^2", "dora": "few  n", "emil": "few n", "fay": "n^3"}


@pytest.fixture(scope="module")
def homework(tmp_path_factory):
    return small_homework.write(tmp_path_factory.mktemp("homework"))


def run(homework, folder: Path) -> None:
    marker = Marker(homework.config_file, homework.reference, folder / "out/decisions.yaml")
    running.run(folder / "in", folder / "out", marker, lambda *done: None, jobs=1)


@pytest.fixture(scope="module")
def marked(homework, tmp_path_factory):
    """The class, marked once."""
    folder = tmp_path_factory.mktemp("class")
    for name, time in TIMES.items():
        (folder / "in" / name).mkdir(parents=True)
        (folder / "in" / name / "answers.yaml").write_text(json.dumps({"7.1": {"time": time, "when": "m > n"}}))
    run(homework, folder)
    return folder


@pytest.fixture
def folder(marked, tmp_path):
    """The marked class, to decide."""
    return shutil.copytree(marked, tmp_path, dirs_exist_ok=True)


def sit(homework, folder):
    desk = Desk(folder / "out", homework.homework, "Ada")
    return desk, TestClient(desks.app(desk, TOKEN, PORT), f"http://127.0.0.1:{PORT}", headers=HERE)


def decided(folder) -> list[tuple[str, str, str]]:
    text = (folder / "out/decisions.yaml").read_text()
    config = small_homework_config()
    return [(one.answer, one.read_as, str(one.verdict or "")) for one in decisions.read(text, config).all]


def small_homework_config():
    from grader.assignment import config

    return config.read(small_homework.CONFIG)


def number_of(desk, typed):
    return next(number for number, case in enumerate(desk.cases) if typed in case.spellings)


def test_equal_answers_are_one_case_the_largest_first(homework, folder):
    desk, client = sit(homework, folder)
    assert sorted(len(case.answers) for case in desk.cases) == [1, 2, 2]
    assert [case.first.item for case in desk.cases] == ["7.1.time"] * 3
    by_cause = {case.cause: [len(one.answers) for one in desk.cases if one.cause == case.cause] for case in desk.cases}
    assert len(by_cause) > 1
    assert list(by_cause.values()) == sorted(by_cause.values(), key=sum, reverse=True)
    assert all(sizes == sorted(sizes, reverse=True) for sizes in by_cause.values())
    page = client.get(f"/{TOKEN}/").text
    assert page.count("data-case=") == 3
    case = client.get(f"/{TOKEN}/case/{number_of(desk, 'few n')}").text
    assert "dora" in case
    assert "emil" in case
    assert "2*n**2" in case


def test_a_decision_is_saved_at_once_met_and_undone(homework, folder):
    desk, client = sit(homework, folder)
    number = number_of(desk, "few n")
    told = client.post(f"/{TOKEN}/decide", json={"case": number, "credit": "1/2", "message": 'Half: "n"?'})
    assert told.json() == {"case": number, "outcome": "partial, 1/2"}
    assert decided(folder) == [("few  n", "", "partial")]
    again, _ = sit(homework, folder)
    assert again.outcomes[number] == "partial, 1/2"
    client.post(f"/{TOKEN}/decide", json={"case": number, "credit": "100%"})
    assert decided(folder) == [("few  n", "", "correct")]
    assert client.post(f"/{TOKEN}/undo", json={}).json() == {"case": number, "outcome": "partial, 1/2"}
    assert decided(folder) == [("few  n", "", "partial")]
    assert client.post(f"/{TOKEN}/undo", json={}).json() == {"case": number, "outcome": ""}
    assert decided(folder) == []
    assert client.post(f"/{TOKEN}/undo", json={}).status_code == 409


def test_a_whole_class_is_decided_and_marked_so_by_the_next_run(homework, folder):
    desk, client = sit(homework, folder)
    preview = client.post(f"/{TOKEN}/preview", json={"case": number_of(desk, "2n2"), "text": "2n^2"}).text
    assert "correct" in preview
    client.post(f"/{TOKEN}/decide", json={"case": number_of(desk, "2n2"), "read_as": "2n^2"})
    client.post(f"/{TOKEN}/decide", json={"case": number_of(desk, "2 n2?"), "credit": "0"})
    client.post(f"/{TOKEN}/decide", json={"case": number_of(desk, "few n"), "credit": "0.25"})
    assert "" not in desk.outcomes
    run(homework, folder)
    with open(folder / "out/grades.csv", newline="", encoding="utf-8") as text:
        marks = {row["submission"]: row["7.1.time"] for row in csv.DictReader(text)}
    assert marks == {"ada": "1", "alan": "0", "bob": "1", "carol": "1", "dora": "0.25", "emil": "0.25", "fay": "0"}
    assert sit(homework, folder)[0].cases == ()


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"case": 0, "credit": "2"}, 409),
        ({"case": 0, "credit": "lots"}, 409),
        ({"case": 99, "credit": "1"}, 409),
        ({"credit": "1"}, 400),
        ([1], 400),
        ({"case": "x", "credit": "1"}, 400),
        ({"case": 0, "credit": "1", "message": "x" * 200_000}, 413),
    ],
)
def test_what_cannot_be_decided_is_refused(homework, folder, told, status):
    _, client = sit(homework, folder)
    assert client.post(f"/{TOKEN}/decide", json=told).status_code == status
    assert not (folder / "out/decisions.yaml").exists()


def test_an_answer_too_long_to_be_compared_is_decided_submission_by_submission(homework):
    def answered(name, typed):
        finding = Finding(Verdict.INVALID, (), "invalid")
        return Answered(name, name, ItemReport("7.1.time", "7.1", "", Fraction(1), finding, typed=typed))

    outcome = decisions.Decision("", verdict=Verdict.CORRECT, credit=Fraction(1))
    for typed, expected in (("few n", [("few n", "")]), ("x" * 3000, [("", "ada"), ("", "bob")])):
        case = Case("cause", (answered("ada", typed), answered("bob", typed)))
        made = desks.decided(case, outcome, homework.homework)
        assert [(one.answer, one.submission) for one in made] == expected


def test_a_file_with_a_mistake_is_named_and_left_alone(homework, folder):
    desk, client = sit(homework, folder)
    assert desk.outcomes.count("") == 3
    (folder / "out/decisions.yaml").write_text("- {item: 7.1.time, answer: n, credit: 3}\n")
    answer = client.post(f"/{TOKEN}/decide", json={"case": 0, "credit": "1"})
    assert (answer.status_code, "decisions.yaml:1: 0.credit" in answer.text) == (409, True)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (f"/{TOKEN}/", {}, 200),
        (f"/{TOKEN}/desk.js", {}, 200),
        ("/", {}, 404),
        ("/wrong/", {}, 404),
        (f"/{TOKEN}x/", {}, 404),
        (f"/{TOKEN}/", {"host": f"evil.example:{PORT}"}, 403),
        (f"/{TOKEN}/", {"host": "127.0.0.1:80"}, 403),
        (f"/{TOKEN}/", {"origin": "http://evil.example"}, 403),
        (f"/{TOKEN}/", {"origin": "null"}, 403),
        (f"/{TOKEN}/", {"host": f"localhost:{PORT}", "origin": f"http://127.0.0.1:{PORT}"}, 403),
        (f"/{TOKEN}/../{TOKEN}/case/99", {}, 404),
    ],
)
def test_only_its_own_page_may_ask(homework, folder, path, headers, status):
    _, client = sit(homework, folder)
    answer = client.get(path, headers=headers)
    assert answer.status_code == status
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_form_of_another_page_decides_nothing(homework, folder):
    _, client = sit(homework, folder)
    for origin in ("http://evil.example", "null"):
        answer = client.post(f"/{TOKEN}/decide", json={"case": 0, "credit": "1"}, headers={"origin": origin})
        assert answer.status_code == 403
    del client.headers["origin"]
    assert client.post(f"/{TOKEN}/decide", json={"case": 0, "credit": "1"}).status_code == 403
    assert not (folder / "out/decisions.yaml").exists()


def test_what_students_typed_is_text(homework, tmp_path):
    (tmp_path / "in/eve").mkdir(parents=True)
    (tmp_path / "in/zoe").mkdir(parents=True)
    typed = "<img src=x onerror=alert(1)> \"'"
    (tmp_path / "in/eve/answers.yaml").write_text(json.dumps({"7.1": {"time": typed}}))
    (tmp_path / "in/zoe/answers.yaml").write_text("{}")
    run(homework, tmp_path)
    _, client = sit(homework, tmp_path)
    case = client.get(f"/{TOKEN}/case/0").text
    assert "<img" not in case
    assert "&lt;img" in case
