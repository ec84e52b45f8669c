"""What people type, row by row: how it is understood, or the note with which it is refused."""

from __future__ import annotations

import re
import time
import timeit
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

import pytest
from rows import rows

from grader.language import cleaning, exact, reading, writing
from grader.language.nodes import Name, Number, Order
from grader.language.unreadable import Unreadable, caret
from grader.report import Verbatim, plain

ROWS = rows(__file__, "spellings.jsonl")
BACKWARD = ["x", "t", "z1", "h", "z2", "g1", "g2", "y", "y'", "S", "J", "W1", "b1", "W2", "b2", "W3", "b3", "P"]
READERS: dict[str, Any] = {
    "formula": lambda text: reading.formula(text, ["n", "m"]),
    "order": lambda text: reading.order(text, ["n", "m"]),
    "condition": lambda text: reading.condition(text, ["n", "m"]),
    "predicate": lambda text: reading.predicate(text, ["x1", "x2", "x3", "x4"]),
    "array": reading.array,
    "activation": reading.activation,
    "equation": lambda text: reading.equation(text, BACKWARD),
}


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['kind']}-{row['text'][:40]}" for row in ROWS])
def test_a_row_is_understood_or_refused_as_it_says(row: dict[str, str]) -> None:
    read = READERS[row["kind"]]
    if "understood" in row:
        assert read(row["text"]).understood == row["understood"]
        return
    with pytest.raises(Unreadable) as caught:
        read(row["text"])
    assert caught.value.code == row["note"]
    assert caught.value.reason.endswith(".")
    assert caught.value.blocks()


@pytest.mark.parametrize("text", ["2 batch_size n", "2*batch_size*n", "2n batch_size", "n*batch_size + n*batch_size"])
def test_a_problem_may_declare_a_name_of_several_words(text: str) -> None:
    found = reading.formula(text, ["n", "batch_size"])
    assert exact.value(found.node, {"n": Fraction(3), "batch_size": Fraction(5)}) == 30


def test_the_table_is_large_and_refuses_too() -> None:
    assert len(ROWS) >= 400
    assert sum("note" in row for row in ROWS) >= 100
    assert {row["kind"] for row in ROWS} == set(READERS)


def test_a_chain_keeps_every_member_and_ends_in_the_last() -> None:
    found = reading.formula("Total time = n + n = 2n", ["n"])
    assert [writing.text(member) for member in found.members] == ["n + n", "2n"]
    assert found.node == found.members[-1]


def test_a_count_beside_its_order_is_the_answer_to_a_formula() -> None:
    found = reading.formula("n^2 + 3n = O(n^2)", ["n"])
    assert found.understood == "n^2 + 3n"
    assert isinstance(found.members[1], Order)
    assert isinstance(reading.order("n^2 + 3n = O(n^2)", ["n"]).node, Order)


def test_numbers_are_exact() -> None:
    assert reading.number("0.1") * 10 == 1
    assert reading.number("\\frac{1}{3}") * 3 == 1
    assert reading.number("-2/4") * 2 == -1
    assert reading.number("1.5e3") == 1500
    for text in ("nan", "inf", "-inf", "1j", "2i", "1+2j", "", "two", "1/0", "[1, 2]", "1e999", "True"):
        with pytest.raises(Unreadable):
            reading.number(text)


@pytest.mark.parametrize(
    "text",
    [
        "y'_bar",
        "yp_bar",
        "y_prime_bar",
        "\\bar{y'}",
        "\\bar{y}'",
        "\\overline{y}'",
        "\\overline{y'}",
        "\\bar y'",
        "y_bar'",
        "ȳ'",
        "y'̄",
        "\\bar{\\mathbf{y}}'",
        "\\overline{\\mathbf{y}'}",
        "ypbar",
        "\\bar{y}^\\prime",
        "\\bar{y}^{\\prime}",
        "y’_bar",
    ],
)
def test_one_name_has_many_spellings(text: str) -> None:
    assert reading.name(text, BACKWARD) == "y'_bar"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("z̄₁", "z1_bar"), ("\\bar{z}_1", "z1_bar"), ("\\bar z_1", "z1_bar"), ("\\overline{z_1}", "z1_bar"),
        ("z1_bar", "z1_bar"), ("z_1_bar", "z1_bar"), ("z_bar_1", "z1_bar"), ("z1bar", "z1_bar"), ("W^{(1)}", "W1"),
        ("W_1", "W1"), ("W_{1}", "W1"), ("W1", "W1"), ("W^(1)", "W1"), ("\\mathbf{W}_1", "W1"), ("W⁽¹⁾", "W1"),
        ("X", "x"), ("Z1", "z1"), ("s_bar", "S_bar"), ("x̅", "x_bar"), ("\\mathcal{J}", "J"), ("W4", None), ("q", None),
        ("x + y", None), ("", None), ("x_hat", None), ("y''", None), ("x_bar_bar", None),
    ],
)  # fmt: skip
def test_names_are_found_by_any_dress(text: str, name: str | None) -> None:
    assert reading.name(text, BACKWARD) == name


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        ("x -> z1", (("x", "z1"),)),
        ("x → z1 → h", (("x", "z1"), ("z1", "h"))),
        ("x, y \\to z_1", (("x", "z1"), ("y", "z1"))),
        ("z1 <- x", (("x", "z1"),)),
        ("y --> y'; y' -> S", (("y", "y'"), ("y'", "S"))),
        ("x -> (z1, z2)", (("x", "z1"), ("x", "z2"))),
    ],
)
def test_edges(text: str, edges: tuple[tuple[str, str], ...]) -> None:
    assert reading.edges(text, BACKWARD) == edges


@pytest.mark.parametrize("text", ["x", "x ->", "-> x", "x -> q", "x - y", "x -> z1_bar"])
def test_what_is_no_edge_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        reading.edges(text, BACKWARD)


def test_the_caret_stands_under_the_place() -> None:
    with pytest.raises(Unreadable) as caught:
        reading.formula("2n + 3k + 1", ["n"])
    assert caught.value.span == (6, 7)
    shown = next(block for block in caught.value.blocks() if isinstance(block, Verbatim))
    assert shown.text == "2n + 3k + 1\n      ^"


@pytest.mark.parametrize(
    ("text", "span", "columns"),
    [("ｎ＋k", (2, 3), 4), ("n̄ + k", (5, 6), 4), ("a\nbc", (2, 3), 0), ("x" * 500, (300, 301), 61)],
)
def test_the_caret_counts_columns_and_not_characters(text: str, span: tuple[int, int], columns: int) -> None:
    assert caret(text, span).split("\n")[1].index("^") == columns


def test_an_error_shows_no_control_character() -> None:
    with pytest.raises(Unreadable) as caught:
        reading.formula("n\x1b[31m + \u202e2", ["n"])
    assert all(char.isprintable() or char == "\n" for char in plain(caught.value.blocks()))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("2*widht", "width"), ("3 + l", "the digit 1"), ("2,5n", "point"), ("nwidth", "operator"), ("n_1", "n*4"),
        ("O(n) + n", "O(n^5)"),
        ("2n, 3n", ""), ("quadratic", "such as"), ("n/2m", "brackets"),
    ],
)  # fmt: skip
def test_the_usual_slips_get_a_hint(text: str, hint: str) -> None:
    with pytest.raises(Unreadable) as caught:
        reading.formula(text, ["n", "m", "width"])
    assert hint in caught.value.hint


def test_a_declared_symbol_before_a_bracket_is_never_a_function() -> None:
    found = reading.formula("n(2m - 2n)", ["n", "m"])
    assert found.understood == "n(2m - 2n)"
    assert reading.formula("O(n)", ["O", "n"]).understood == "On"


def test_case_is_folded_only_where_one_case_is_declared() -> None:
    assert reading.formula("N", ["n"]).node == Name("n")
    assert reading.formula("N", ["n", "N"]).node == Name("N")
    assert reading.formula("36", []).node == Number(Fraction(36))


@pytest.mark.parametrize("piece", ["_a ", "=*a", " ", "~", ". ", "\\underbrace{", "```\n", " # a", "> "])
def test_layout_costs_in_proportion_to_the_text(piece: str) -> None:
    """The work of taking layout off grows with the length, not with its square: eight times for eight times."""
    short, long = (_work(piece * (length // len(piece))) for length in (2_500, 20_000))
    assert long < 40 * short + 0.05


def _work(text: str) -> float:
    return min(timeit.repeat(lambda: cleaning.bare(text, "array"), timer=time.process_time, number=1, repeat=3))


# What a browser is shown: well-formed, escaped, and as it was understood.


def test_every_row_that_reads_is_well_formed() -> None:
    for row in ROWS:
        if "understood" in row:
            ElementTree.fromstring(READERS[row["kind"]](row["text"]).mathml)


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("formula", "3n + 1", "3\u2062n+1"),
        ("formula", "n^2", "n2"),
        ("formula", "(n+1)(m-n)", "(n+1)\u2062(m−n)"),
        ("condition", "m >= n", "m≥n"),
        ("equation", "W1^T z1_bar", "W1⊤\u2062z1¯"),
        ("activation", "1 if z > 0 else 0", "{1if z>00otherwise"),
        ("formula", "-(n + m)", "−(n+m)"),
    ],
)
def test_what_is_shown(kind: str, text: str, shown: str) -> None:
    assert re.sub(r"<[^>]*>", "", READERS[kind](text).mathml).replace("&gt;", ">") == shown


def test_a_name_is_escaped() -> None:
    assert "<script>" not in writing.mathml(Name("<script>"))
