"""Decisions through the commands: what one submission gets here and on Gradescope, and a file that is faulty."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader import cli

PROJECT = Path(__file__).resolve().parents[2]
SAID = '- {item: 2.3.reverse.time, submission: "submission_77", credit: 1/2, message: As agreed., by: Ada}\n'


def run(*words):
    return CliRunner().invoke(cli.main, [str(word) for word in words])


@pytest.fixture
def project(tmp_path):
    """A config and a reference with decisions beside them, as Gradescope's zip holds them."""
    shutil.copy(PROJECT / "config.yaml", tmp_path)
    shutil.copytree(PROJECT / "reference", tmp_path / "reference", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "decisions.yaml").write_text(SAID)
    return tmp_path


def decided(results: Path) -> dict:
    return next(
        test
        for test in json.loads(results.read_text())["tests"]
        if test["extra_data"].get("item") == "2.3.reverse.time"
    )


def test_a_submission_goes_by_its_name(project):
    shutil.copytree(PROJECT / "submissions_example/missing_part", project / "submission_77")
    done = run(
        "grade", project / "submission_77", "--decisions", project / "decisions.yaml", "--json", project / "r.json"
    )
    assert done.exit_code == 0, done.output
    assert decided(project / "r.json")["extra_data"]["decided"][0]["by"] == "Ada"


def test_on_gradescope_it_goes_by_its_number(project):
    (project / "root/results").mkdir(parents=True)
    shutil.copytree(PROJECT / "submissions_example/missing_part", project / "root/submission")
    (project / "root/submission_metadata.json").write_text('{"id": 77}')
    done = run("gradescope", project / "root", "--config", project / "config.yaml")
    assert done.exit_code == 0, done.output
    assert "Decided by a person: As agreed" in decided(project / "root/results/results.json")["output"]


@pytest.mark.parametrize("command", [["grade"], ["batch", "--out", "out"], ["package", "gradescope", "--out", "zip"]])
def test_a_faulty_file_is_status_3_with_its_line(project, command, monkeypatch):
    monkeypatch.chdir(project)
    (project / "in/one").mkdir(parents=True)
    (project / "in/one/answers.yaml").write_text("{}")
    (project / "decisions.yaml").write_text(f"# ours\n{SAID.replace('1/2', '2')}")
    name, *rest = command
    words = rest if name == "package" else ["in", *rest]
    done = run(name, *words, "--decisions", "decisions.yaml", "--config", "config.yaml")
    assert done.exit_code == 3, done.output
    assert "decisions.yaml:2: 0.credit: a share from 0 to 1 is expected, not '2'" in done.output
