"""Networks as typed: what is valid, and what the message of the rest names."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from rows import rows

from grader import document
from grader.assignment import config
from grader.forms import network, weights
from grader.forms.answer import Invalid, PartAnswers, Typed
from grader.report import plain

STATED = config.load(Path(__file__).parents[2] / "config.yaml")
ROWS = rows(__file__, "networks.yaml")


def read(name: str, typed: str | document.Scalar) -> PartAnswers:
    root = document.salvage(typed).root if isinstance(typed, str) else typed
    assert root is not None
    return network.answer(Typed(STATED.items_of[name], root, STATED, document.Document(None, "")))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["typed"][:60])
def test_a_row_is_read_as_it_says(row: dict[str, Any]) -> None:
    if "valid" in row:
        found = read(row["part"], row["typed"])
        (answer,) = found.answers
        assert answer.understood.startswith(row["valid"])
        assert row.get("remark", "") in " ".join(found.messages)
        biases = [list(layer.biases) for layer in answer.value.layers]
        assert biases == row.get("biases", biases)
        return
    with pytest.raises(Invalid) as caught:
        read(row["part"], row["typed"])
    message = plain(caught.value.blocks)
    for fragment in row["invalid"]:
        assert fragment in message, message


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("0.1", Fraction(1, 10)),
        ("2.00000000000000001", 2 + Fraction(1, 10**17)),
        ("1e29", 10**29),
        ("-2.5E-3", Fraction(-1, 400)),
        ("1/3", Fraction(1, 3)),
        ("+7", 7),
        (".5", Fraction(1, 2)),
        ("012", 12),
        ("'\\frac{1}{2}'", Fraction(1, 2)),
        ("'½'", Fraction(1, 2)),
        ("−3", -3),
        ("9" * 400, int("9" * 400)),
    ],
)
def test_a_number_is_exact(typed: str, expected: Fraction) -> None:
    weights = ", ".join([typed] * 6)
    found = read("1.2", f"{{layers: [{{W: [[{weights}]], activation: z}}]}}")
    assert found.answers[0].value.layers[0].weights == ((Fraction(expected),) * 6,)


def test_a_text_of_many_lines_is_read_at_once() -> None:
    lines = document.Scalar(1, text="W1 = 1\n" + "\n \t" * 20_000 + "W2")
    with pytest.raises(Invalid):
        read("1.2", lines)


def test_sizes_past_the_limits_are_refused() -> None:
    rows = ", ".join(["[1, 1, 1, 1, 1, 1]"] * 1001)
    with pytest.raises(Invalid, match="1001 units"):
        read("1.2", f"{{layers: [{{W: [{rows}], activation: z}}]}}")
    many = ", ".join(["{W: [[1]], activation: z}"] * 51)
    with pytest.raises(Invalid, match="51 layers"):
        read("1.2", f"{{layers: [{many}]}}")


def test_the_line_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        read("1.2", "layers:\n  - W: [[1, 2, 3, 4, 5, 6]]\n    b: [1, 2]\n    activation: relu\n")
    assert caught.value.line == 3


def test_shapes_in_words() -> None:
    assert weights.shape(()) == "a number"
    assert weights.shape((1,)) == "a vector of 1 number"
    assert weights.shape((3, 4)) == "a 3×4 matrix"


@pytest.mark.parametrize(
    ("part", "text", "understood"),
    [
        ("1.1", "W1 = [1 2 3 4; 1 2 3 4; 1 2 3 4], b1 = [0 0 0]; W_2: [1, 1, 1], b^{(2)} = -1/2", "4-3-1 network"),
        ("1.2", "W1 = [[1, 2, 3, 4, 5, 6]]\nphi1(z) = |z|\nW2 = 2\nphi2(z) = I(z >= 1)", "6-1-1 network, abs(z); I"),
        ("1.2", "the answer is\nW1 = [1 2 3 4 5 6]", ""),
        ("1.2", "an order of the entries", ""),
    ],
)
def test_a_text_is_read_as_the_fields_that_it_names(part: str, text: str, understood: str) -> None:
    typed = document.Scalar(1, text=text)
    if understood:
        assert read(part, typed).answers[0].understood.startswith(understood)
        return
    with pytest.raises(Invalid, match="stands; the answer needs the fields layers"):
        read(part, typed)
