from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from grader.assignment import config

TEXT = Path("config.yaml").read_text("utf-8")


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(config.Faulty) as caught:
        config.read(text)
    return caught.value.messages


def changed(*pairs: tuple[str, str]) -> str:
    text = TEXT
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def line(start: str, text: str) -> int:
    return next(number for number, row in enumerate(text.split("\n"), 1) if row.strip().startswith(start))


def test_the_items_are_those_of_the_contract():
    loaded = config.load("config.yaml")
    costs = [f"{part}.{name}" for part in ("2.3.reverse", "2.3.forward") for name in ("time", "memory")]
    more = [f"{part}.{name}" for part in ("2.4.reverse", "2.4.forward") for name in ("time", "memory")]
    gradients = [f"2.1.2.{name}_bar" for name in ("J", "S", "y'", "y", "g2", "h", "g1", "z2", "z1", "x")]
    assert [item.name for item in loaded.items] == [
        "1.1", "1.2", "2.1.1", *gradients, "2.2.1.H", "2.2.2.time", "2.2.2.memory", "2.3.z", *costs, *more,
        "2.4.forward_better_when",
    ]  # fmt: skip
    assert loaded.points == 6
    assert sum(item.points for item in loaded.items) == 6
    by_part = {part: sum(item.points for item in loaded.items if item.part == part) for part in loaded.parts}
    assert by_part == {name: part.points for name, part in loaded.parts.items()}


def test_numbers_are_exact():
    text = changed(("credit: 1/2", "credit: 1/3"), ("same_growth: 1/2", "same_growth: 0.1"))
    loaded = config.read(text)
    assert loaded.parts["1.1"].tiers[0].credit == Fraction(1, 3)
    assert loaded.rubric.partial.same_growth == Fraction(1, 10)


def test_weights_share_the_points_of_a_part():
    text = changed(
        ("z: {kind: vector, shape: [3]}", "z: {kind: vector, shape: [3], weight: 4}"),
        ("of: J", "of: J\n    weights: {J: 0, x: 2}"),
    )
    points = {item.name: item.points for item in config.read(text).items}
    assert points["2.3.z"] == Fraction(1, 2)
    assert points["2.3.reverse.time"] == Fraction(1, 8)
    assert (points["2.1.2.J_bar"], points["2.1.2.x_bar"], points["2.1.2.y_bar"]) == (0, Fraction(1, 5), Fraction(1, 10))


@pytest.mark.parametrize(
    "pairs",
    [
        (("time: {kind: formula,", "time: {kind: formula, weight: 0,"),
         ("memory: {kind: formula,", "memory: {kind: formula, weight: 0,")),
        (("of: J", "of: J\n    weights: {J: 0, S: 0, y': 0, y: 0, g2: 0, h: 0, g1: 0, z2: 0, z1: 0, x: 0}"),),
    ],
)  # fmt: skip
def test_somebody_can_earn_the_points_of_every_part_that_has_some(pairs):
    (told,) = faults(changed(*pairs))
    assert "no item has a weight, so that no item can earn the points" in told


def test_a_part_without_points_needs_no_weights():
    config.read(changed(("H: {kind: matrix,", "H: {kind: matrix, weight: 0,")))


def test_visibility_is_the_items_or_the_parts():
    text = changed(
        ("kind: network\n    points: 1\n", "kind: network\n    points: 1\n    visibility: after_due_date\n"),
        ("time: {kind: formula,", "time: {kind: formula, visibility: hidden,"),
    )
    shown = {item.name: item.visibility for item in config.read(text).items}
    assert (shown["1.1"], shown["1.2"]) == ("after_due_date", "visible")
    assert (shown["2.2.2.time"], shown["2.2.2.memory"]) == ("hidden", "visible")


def test_a_mistake_under_a_key_with_a_dot_has_the_line_of_that_key():
    text = changed(("same_growth:", "same.growth:"))
    row = next(number for number, each in enumerate(text.split("\n"), 1) if "same.growth" in each)
    assert any(message.startswith(f"config.yaml:{row}: ") for message in faults(text))


def test_every_mistake_is_told_at_once():
    text = changed(
        ("points: 1", "pionts: 1"),
        ("box: [-6, 6]", "box: [6, -6]"),
        ("units: 3", "units: three"),
        ("kind: graph", "kind: grph"),
        ("self_check:", "selfcheck:"),
        ("reveal_equations: false", "reveal_equations: maybe"),
        ("proof_seconds: 10", "proof_seconds: 500"),
    )
    told = faults(text)
    assert len(told) == 8
    wanted = [
        ("pionts", "did you mean 'points'?"),
        ("units: three", "a whole number"),
        ("kind: grph", "did you mean 'graph'?"),
        ("selfcheck", "did you mean 'self_check'?"),
        ("reveal_equations", "true or false"),
        ("proof_seconds", "less than the deadline"),
    ]
    for start, expected in wanted:
        row = next(number for number, each in enumerate(text.split("\n"), 1) if start in each)
        assert any(message.startswith(f"config.yaml:{row}: ") and expected in message for message in told), (
            start,
            told,
        )
    assert any("parts.1.1.points: is missing" in message for message in told)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("box: [-6, 6]", "box: [6, -6]", "parts.1.1.box: the low end 6 is above the high end -6"),
        ("box: [-6, 6]", "box: [-6, 6, 7]", "parts.1.1.box: it has 3 entries, but 2 are expected"),
        ("inputs: [x1, x2, x3, x4]", "inputs: [x1, x2, x3, x3]", "'x3' stands here 2 times"),
        ("inputs: [x1, x2, x3, x4]", "inputs: []", "cannot be empty"),
        ("W: W2, b: b2, units: 1", "W: W1, b: b2, units: 1", "'W1' stands here 2 times"),
        ("W: W2, b: b2, units: 1", "W: W2, b: b2, units: 2", "a predicate is one output"),
        ("units: 3", "units: 0", "greater than 0"),
        ("credit: 1/2", "credit: 3/2", "a share from 0 to 1 is expected, not '3/2'"),
        ("credit: 1/2", "credit: 1/0", "a number such as 1, 0.5 or 1/2 is expected"),
        ("credit: 1/2", "credit: nan", "a number such as 1, 0.5 or 1/2 is expected"),
        ("points: 1", "points: -1", "a number from 0 on is expected, not '-1'"),
        ("points: 1", "points:", "parts.1.1.points: a number such as"),
        ("title: Verify element in list", 'title: ""', "text is expected, not ''"),
        ('procedure: "2.1"', 'procedure: "2.2"', "unknown procedure '2.2'; did you mean '2.1'?"),
        ("of: J", "of: Jay", "unknown step 'Jay'"),
        ("with_respect_to: x", "with_respect_to: W4", "unknown input or parameter 'W4'"),
        ("of: J", "of: J\n    weights: {q: 1}", "unknown variable 'q'"),
        ("x: [d]", "x: [D]", "unknown size 'D'; did you mean 'd'?"),
        ("label: {t: N}", "label: {t: M}", "unknown size 'M'"),
        ("W1: [k, d]", "W1: [k, d, N]", "at most two sizes"),
        ("z1: W1 x + b1", "x: W1 x + b1", "this name is given to two things"),
        ("shape: [3, 3]", "shape: [3]", "a matrix has 2 sizes, not [3]"),
        ("z: {kind: vector, shape: [3]}", "z: {kind: formula, shape: [3]}", "a formula has no shape"),
        ("symbols: [n]\n", "symbols: []\n", "a formula needs 'symbols'"),
        ("symbols: [n, m]", "symbols: [n, n]", "'n' stands here 2 times"),
        ("{kind: condition}", "{kind: condition, weight: heavy}", "a number such as"),
        ("{kind: condition}", "{knd: condition}", "did you mean 'kind'?"),
        ("kind: graph", "kind: [graph]", "a list is not one of: network, graph"),
        ("{kind: condition}", "{kind: [condition]}", "a list is not one of: formula, order"),
        ("isolation: strong", "isolation: strongest", "did you mean 'strong'?"),
        ("stdout_visibility: hidden", "stdout_visibility: never", "is not one of: visible, hidden"),
        ("answers_bytes: 2000000", "answers_bytes: 2e6", "a whole number is expected, not '2e6'"),
        ("title: Hard", "titel: Hard", "title: is missing"),
        ("limits:", "rubric:", "stands here again"),
    ],
)
def test_mistake(old, new, message):
    told = faults(changed((old, new)))
    assert any(message in one for one in told), told
    assert all(message.startswith("config.yaml:") for message in told)


@pytest.mark.parametrize(
    "text", ["", "a", "[]", "parts:", "title: x\nparts: {}", "title: x\nparts: [1]", "\x00", "[" * 99]
)
def test_what_is_no_config_is_faulty(text):
    assert all(message.startswith("config.yaml:") for message in faults(text))


def test_a_file_that_is_not_there_is_faulty():
    with pytest.raises(config.Faulty, match="nowhere"):
        config.load("nowhere.yaml")


def test_a_mistake_in_an_anchor_is_told_once():
    repeated = [("time: {kind: formula,", "time: &cost {kind: formulas,")]
    told = faults(changed(*repeated, ("memory: {kind: formula, title: numbers in memory}", "memory: *cost")))
    assert len(told) == 1


def test_places_are_known_for_faults_found_later():
    loaded = config.load("config.yaml")
    message = loaded.lines.located(("parts", "1.1", "tiers", 0, "domain"), "no")
    assert message == f"config.yaml:{line('- domain', TEXT)}: parts.1.1.tiers.0.domain: no"


@given(st.data())
def test_any_damage_is_read_or_told(data):
    rows = TEXT.split("\n")
    number = data.draw(st.integers(0, len(rows) - 1))
    row = rows[number]
    at = data.draw(st.integers(0, len(row)))
    rows[number] = row[:at] + data.draw(st.text(alphabet="ab1:-[]{}'\"# \t,&*", max_size=4)) + row[at + 1 :]
    try:
        told = config.read("\n".join(rows)) and ()
    except config.Faulty as faulty:
        told = faulty.messages
    assert all(message.startswith("config.yaml:") for message in told)
