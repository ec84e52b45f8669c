"""A small class, really marked: equal answers together, a group given credit, and what that changed."""

from __future__ import annotations

import html
import re
from fractions import Fraction

import pytest
import small_homework
from test_running import Watch, rows

from grader.batch import comparison, running
from grader.batch.running import Marker


def run(path, out, marker):
    return running.run(path, out, marker, Watch(), 2)


@pytest.fixture
def marked(tmp_path):
    marker = small_homework.write(tmp_path / "homework")
    path = small_homework.a_class(tmp_path / "in", 36)
    run(path, tmp_path / "out", marker)
    return tmp_path, path, marker


def test_equal_answers_are_one_group_and_different_ones_are_not(marked):
    tmp_path, _, _ = marked
    groups: dict[str, set[str]] = {}
    for row in rows(tmp_path / "out/answers.csv"):
        if row["item"] == "7.1.time":
            groups.setdefault(row["verdict"] + row["code"], set()).add(row["typed"])
    page = (tmp_path / "out/report.html").read_text()
    section = page[page.index('id="question-7.1.time"') : page.index('id="question-7.1.when"')]
    sizes = [int(size) for size in re.findall(r'<div class="size">(\d+)', section)]
    assert sizes == [16, 12, 4, 4]  # 2n² in four spellings, n² in three, n³, and what cannot be read


def test_the_lines_of_a_group_give_it_credit(marked):
    tmp_path, path, marker = marked
    page = (tmp_path / "out/report.html").read_text()
    section = page[page.index('id="question-7.1.when"') :]
    lines = [html.unescape(found) for found in re.findall(r'<pre class="lines">(.*?)</pre>', section, re.S)]
    (wanted,) = [found for found in lines if "7.1.when" in found and ("m >= n" in found or "n <= m" in found)]
    reference = marker.reference / "__init__.py"
    reference.write_text(reference.read_text() + wanted + "\n")
    marker = Marker(marker.config_file, marker.reference)
    assert run(path, tmp_path / "new", marker).faults == 0
    found = comparison.compare(tmp_path / "out", tmp_path / "new")
    assert len(found.changes) == 18  # m >= n, n <= m and not (m < n) say the same
    assert {change.points for change in found.changes} == {Fraction(1)}
    assert {item.item for change in found.changes for item in change.differences[1:]} == {"7.1.when"}


def test_a_changed_rubric_or_reference_marks_everything_again(marked):
    tmp_path, path, marker = marked
    assert run(path, tmp_path / "out", Marker(marker.config_file, marker.reference)).marked == 0
    marker.config_file.write_text(small_homework.CONFIG.replace("points: 2", "points: 4"))
    assert run(path, tmp_path / "out", Marker(marker.config_file, marker.reference)).marked == 36
    best = max(float(row["total"]) for row in rows(tmp_path / "out/grades.csv"))
    assert best == 4.0
