"""A decisions file that several write to: nothing is lost, and what people wrote stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import pytest
import small_homework
from hypothesis import given, strategies as st

from grader import decisions
from grader.assignment import config
from grader.decisions import Decision
from grader.report import Verdict

CONFIG = config.read(small_homework.CONFIG)
FULL = Decision("7.1.time", answer="n + n", verdict=Verdict.CORRECT, credit=Fraction(1), by="Ada", at="2026-11-26")
BY_HAND = """\
# Decided in the meeting.
- item: 7.1.time
  submission: alice   # see her mail
  credit: 1/2

# Bob's is another story.
- item: 7.1.time
  submission: bob
  credit: 0
"""


def test_what_people_wrote_stays(tmp_path):
    file = tmp_path / "decisions.yaml"
    file.write_text(BY_HAND)
    decisions.change(file, CONFIG, [FULL])
    assert file.read_text().startswith(BY_HAND)
    decisions.change(file, CONFIG, [Decision("7.1.time", submission="alice", read_as="n^2")])
    text = file.read_text()
    assert "see her mail" not in text
    assert "# Bob's is another story.\n- item: 7.1.time\n  submission: bob\n" in text
    assert [one.submission for one in decisions.load(file, CONFIG).all] == ["bob", "", "alice"]
    decisions.change(file, CONFIG, removed=[FULL])
    assert [one.submission for one in decisions.load(file, CONFIG).all] == ["bob", "alice"]


def test_a_file_in_another_encoding_is_left_alone(tmp_path):
    file = tmp_path / "decisions.yaml"
    file.write_bytes(BY_HAND.replace("Bob", "Zoë").encode("latin-1"))
    with pytest.raises(decisions.Faulty, match=r"decisions\.yaml:1: this is no UTF-8"):
        decisions.change(file, CONFIG, [FULL])
    assert file.read_bytes() == BY_HAND.replace("Bob", "Zoë").encode("latin-1")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(decisions.Faulty, match=r"none\.yaml:1: No such file"):
        decisions.load(tmp_path / "none.yaml", CONFIG)


def test_a_file_with_a_mistake_is_left_alone(tmp_path):
    file = tmp_path / "decisions.yaml"
    file.write_text("- {item: 7.1.time, answer: n, credit: 2}\n")
    with pytest.raises(decisions.Faulty, match=r"decisions\.yaml:1: 0\.credit"):
        decisions.change(file, CONFIG, [FULL])
    assert file.read_text() == "- {item: 7.1.time, answer: n, credit: 2}\n"


def test_a_decision_that_could_not_be_read_back_is_not_written(tmp_path):
    file = tmp_path / "decisions.yaml"
    file.write_text(BY_HAND)
    for wrong in (replace(FULL, item="7.1.tim"), replace(FULL, credit=Fraction(1, 2)), replace(FULL, read_as="n")):
        with pytest.raises(decisions.Faulty, match=r"decisions\.yaml:1\d: 2"):
            decisions.change(file, CONFIG, [wrong])
    assert file.read_text() == BY_HAND


def test_many_writers_at_once_lose_nothing(tmp_path):
    file = tmp_path / "decisions.yaml"
    with ThreadPoolExecutor(8) as threads:
        made = [replace(FULL, answer="", submission=f"student {number}") for number in range(40)]
        list(threads.map(lambda one: decisions.change(file, CONFIG, [one]), made))
    assert {one.submission for one in decisions.load(file, CONFIG).all} == {one.submission for one in made}


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60) | st.sampled_from(
    [
        "# n",
        "- n",
        "n: m",
        "'",
        '"',
        "%",
        "a\nb",
        "null",
        "~",
        "1e3",
        "0x10",
        "\u2028",
        "\ufeff",
        "*a",
        "&a",
        "!x",
        "\x85",
    ]
)


@given(TEXT, TEXT)
def test_what_is_written_is_read(tmp_path_factory, typed, message):
    file = tmp_path_factory.mktemp("decisions") / "decisions.yaml"
    decision = replace(FULL, answer=typed.strip() or "n", message=message.strip())
    decisions.change(file, CONFIG, [decision])
    (read,) = decisions.load(file, CONFIG).all
    assert replace(read, line=0) == decision
