"""Backward equations read from answers.yaml, by field or as a text; what is broken spoils nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader import document
from grader.assignment import config
from grader.forms import equations
from grader.forms.answer import Answer, Invalid, Typed
from grader.report import plain

CONFIG = config.load(Path(__file__).parents[2] / "config.yaml")
ITEMS = CONFIG.items_of["2.1.2"]
EMPTY = document.salvage(b"")


def read(text: str) -> dict[str, Answer]:
    """What is there, by field."""
    found = document.salvage(text.encode())
    assert found.root is not None
    return read_node(found.root, found)


def read_node(root: document.Node, file: document.Document) -> dict[str, Answer]:
    answers = equations.answers(Typed(ITEMS, root, CONFIG, file)).answers
    return {answer.item.path[0]: answer for answer in answers if answer.status != "missing"}


def messages(text: str) -> tuple[str, ...]:
    found = document.salvage(text.encode())
    assert found.root is not None
    return equations.answers(Typed(ITEMS, found.root, CONFIG, found)).messages


def understood(text: str) -> dict[str, str]:
    return {name: answer.understood for name, answer in read(text).items() if answer.status == "read"}


def test_fields() -> None:
    assert understood("J_bar: 1\nS_bar: -J_bar\ny'_bar: S_bar * onehot(t) / y'") == {
        "J_bar": "1",
        "S_bar": "-J_bar",
        "y'_bar": "S_bar*onehot(t)/y'",
    }


@pytest.mark.parametrize(
    "text",
    [
        "x_bar: W1^T ∂J/∂z1 + W2^T ∂J/∂z_2",
        "x_bar: dJ/dx = W1^T dJ/dz1 + W2^T dJ / dz2",
        "x_bar: \\frac{\\partial J}{\\partial x} = W_1^T \\frac{\\partial J}{\\partial z_1} + W2^T \\dfrac{dJ}{dz_{2}}",
        "∂J/∂x: W1^T dz1 + W2^T dz2",
        "dx: W1^T dz_1 + W2^T (dz2)",
        "|\n  ∂J/∂x = W1^T ∂J/∂z1 + W2^T ∂J/∂z2",
        "x_bar: \\nabla_x J = W1^T \\nabla_{z_1} J + W2^T ∇_z2 J",
    ],
)
def test_derivatives_of_the_objective_are_gradients(text: str) -> None:
    assert understood(text) == {"x_bar": "W1^T z1_bar + W2^T z2_bar"}


@pytest.mark.parametrize(
    ("text", "name", "is_read_as"),
    [
        ("y_bar: diag(y') dy' - y' (y'^T dyp)", "y_bar", "diag(y') y'_bar - y'(y'^T y'_bar)"),
        ("y'_bar: dS onehot(t) / y'", "y'_bar", "S_bar onehot(t)/y'"),
        ("x_bar: P dz1 where P = W1^T", "x_bar", "P z1_bar, where P = W1^T"),
        ("x_bar: dP z1_bar where dP = W1^T", "x_bar", "dP z1_bar, where dP = W1^T"),
        ("z1_bar: diag(relu'(z1)) h_bar", "z1_bar", "diag(relu'(z1)) h_bar"),
        ("z1_bar: d z1", "z1_bar", "d z1"),
    ],
)
def test_the_short_way_to_write_a_gradient(text: str, name: str, is_read_as: str) -> None:
    assert understood(text)[name] == is_read_as


@pytest.mark.parametrize(
    ("text", "is_read_as"),
    [
        ("z1_bar: ∂J/∂h ∘ ∂h/∂z1", "h_bar ∘ (∂h/∂z1)"),
        ("z1_bar: dJ/dh dh/dz1", "h_bar(∂h/∂z1)"),
        ("z1_bar: dh/dz1 ∘ h_bar", "(∂h/∂z1) ∘ h_bar"),
    ],
)
def test_derivatives_of_one_variable_by_another(text: str, is_read_as: str) -> None:
    assert understood(text) == {"z1_bar": is_read_as}


@pytest.mark.parametrize("start", ["\\frac{\\partial J}{\\partial ", "\\nabla_{", "\\nabla", "\\partial", "∂J/∂", "(1"])
@pytest.mark.parametrize(
    "more", [" ", "{", "{a}", "d", "'", "\\frac{d}{d", "\\nabla_{x ", "1. ", "where ", "**", "=", ". a"]
)
def test_a_long_text_takes_as_much_longer_as_it_is(start: str, more: str) -> None:
    """No place is gone over again and again: a hundred thousand characters would then take hours."""
    for length in (4_000, 100_000):
        value = document.Scalar(1, text=start + more * (length // len(more)))
        key = document.Scalar(1, text="x_bar")
        for one in (value, document.Mapping(1, entries=((key, value),))):
            try:
                read_node(one, EMPTY)
            except Invalid:
                continue


def test_names_of_fields_in_other_spellings() -> None:
    text = "\\bar{J}: 1\ny_prime_bar: S_bar onehot(t)/y'\nyp_bar: S_bar onehot(t)/y'\n\\overline{x}: W1^T z1_bar"
    assert set(understood(text)) == {"J_bar", "y'_bar", "x_bar"}


@pytest.mark.parametrize(
    "text",
    [
        "|\n  J_bar = 1\n  S_bar = -J_bar\n  x_bar = W1^T z1_bar\n    + W2^T z2_bar\n",
        "|\n  J_bar: 1\n  S_bar: -J_bar\n  x_bar: W1^T z1_bar + W2^T z2_bar\n",
        "|\n  \\begin{align*}\n  \\bar{J} &= 1 \\\\\n  \\bar{S} &= -\\bar{J} \\\\\n"
        "  \\bar{x} &= W_1^T \\bar{z_1} + W_2^T \\bar{z_2}\n  \\end{align*}\n",
        "J_bar = 1; S_bar = -J_bar; x_bar = W1^T z1_bar + W2^T z2_bar",
        "[J_bar = 1, S_bar = -J_bar, x_bar = W1^T z1_bar + W2^T z2_bar]",
        "\n- J_bar: 1\n- S_bar: -J_bar\n- x_bar: W1^T z1_bar + W2^T z2_bar",
        "\nJ_bar: [1]\nS_bar: [-J_bar]\nx_bar: [W1^T z1_bar + W2^T z2_bar]",
    ],
)
def test_one_below_the_other(text: str) -> None:
    assert understood(text) == {
        "J_bar": "1",
        "S_bar": "-J_bar",
        "x_bar": "W1^T z1_bar + W2^T z2_bar",
    }


@pytest.mark.parametrize(
    "text",
    [
        "where: {P: \"diag(y') - y' y'^T\"}\ny_bar: P^T y'_bar",
        "where: \"P = diag(y') - y' y'^T\"\ny_bar: P^T y'_bar",
        "where: [\"P = diag(y') - y' y'^T\"]\ny_bar: P^T y'_bar",
        "y_bar: P^T y'_bar, where P = diag(y') - y' y'^T",
        "|\n  y_bar = P^T y'_bar\n  where P = diag(y') - y' y'^T",
        "|\n  P = diag(y') - y' y'^T\n  y_bar = P^T y'_bar",
    ],
)
def test_own_names(text: str) -> None:
    answer = read(text)["y_bar"]
    assert answer.status == "read", plain(answer.blocks)
    assert set(answer.value.where) == {"P"}
    assert answer.understood == "P^T y'_bar, where P = diag(y') - y' y'^T"


@pytest.mark.parametrize(
    "text", ["y_bar: P Q y'_bar, where P = 2 Q, Q = diag(y')", "y_bar: P Q y'_bar where P = 2 Q and Q = diag(y')"]
)
def test_several_definitions_in_one_text(text: str) -> None:
    answer = read(text)["y_bar"]
    assert answer.status == "read", plain(answer.blocks)
    assert answer.understood == "PQ y'_bar, where P = 2Q, Q = diag(y')"


def test_chains_keep_every_member() -> None:
    answer = read("S_bar: -J_bar = -1")["S_bar"]
    assert len(answer.value.others) == 1


def test_a_text_may_go_on_with_an_equals_sign() -> None:
    answer = read("|\n  y_bar = softmax'(y)^T y'_bar\n        = y' - onehot(t)")["y_bar"]
    assert len(answer.value.others) == 1


def test_what_cannot_be_read_spoils_nothing_else() -> None:
    found = read("J_bar: 1\nS_bar: -(J_bar\ng2_bar: {a: b}\nh_bar: [1, 2]\nz1_bar:\n")
    assert found["J_bar"].status == "read"
    assert found["S_bar"].status == "invalid"
    assert found["S_bar"].blocks
    assert found["S_bar"].line == 2
    assert "one line of text" in plain(found["g2_bar"].blocks)
    assert "one line of text" in plain(found["h_bar"].blocks)
    assert "z1_bar" not in found


def test_a_broken_definition_costs_those_who_use_it() -> None:
    found = read("where: {P: 'diag(y', Q: y'}\ny_bar: P y'_bar\nS_bar: -J_bar")
    assert "P, whose definition cannot be read" in plain(found["y_bar"].blocks)
    assert found["S_bar"].status == "read"


@pytest.mark.parametrize("sign", ["⇒", "\\implies", "=>", "→", "so"])
def test_what_follows_from_a_step(sign: str) -> None:
    text = f"|\n  J = -S {sign} S_bar = -J_bar\n  y' = softmax(y) {sign} y_bar = y' - onehot(t)\n"
    assert understood(text) == {"S_bar": "-J_bar", "y_bar": "y' - onehot(t)"}


@pytest.mark.parametrize("first", ["=", "+="])
def test_what_is_added_later_is_a_term(first: str) -> None:
    assert understood(f"|\n  x_bar {first} W1^T z1_bar\n  x_bar += W2^T z2_bar\n") == {
        "x_bar": "W1^T z1_bar + W2^T z2_bar"
    }


@pytest.mark.parametrize("later", ["x_bar -= W2^T z2_bar", "x_bar += b if z > 0 else c"])
def test_what_else_is_changed_later_is_refused(later: str) -> None:
    assert read(f"|\n  x_bar = W1^T z1_bar\n  {later}\n")["x_bar"].status == "invalid"


def test_twice() -> None:
    found = read("S_bar: -J_bar\n\\bar{S}: J_bar\nJ_bar: 1\n\\bar{J}: 1\n")
    assert "twice" in plain(found["S_bar"].blocks)
    assert found["J_bar"].status == "read"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("W1_bar: z1_bar x^T", "W1_bar (line 1) is not asked for"),
        ("|\n  J_bar = 1\n  W3 = 0", "keeps its meaning"),
        ("x_barr?!: W1^T", "did you mean x_bar?"),
        ("|\n  where P = W1\n  where P = W2\n  J_bar = 1", "P is defined twice"),
        ("|\n  J_bar = 1\n  h_bar + g2_hat", "is not known"),
    ],
)
def test_left_aside_and_said(text: str, says: str) -> None:
    assert any(says in message for message in messages(text)), messages(text)


@pytest.mark.parametrize("text", ["[]", "{}"])
def test_nothing(text: str) -> None:
    with pytest.raises(Invalid):
        read(text)


@pytest.mark.parametrize("value", ["5", "[[1, 2], [3]]", "{a: {b: c}}", "true", "{1: 2}", "[null]", "2026-01-01"])
def test_values_of_any_type_do_no_harm(value: str) -> None:
    try:
        found = read(value)
    except Invalid:
        return
    assert not found
    assert messages(value) or value == "{1: 2}"
