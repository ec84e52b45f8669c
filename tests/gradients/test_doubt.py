"""The seed of doubt: every named slip touches its own variable alone, tiny errors are seen, right rewritings pass."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from grader.assignment.config import Rubric
from grader.checks import backward
from grader.gradients import diagnosis, proof
from grader.gradients.evaluation import TRUE
from grader.gradients.matrices import ShapeError
from grader.gradients.points import Differentiated, Residues
from grader.gradients.procedure import Equation, Mistake
from grader.gradients.proof import Chain
from grader.language import nodes, reading, writing
from grader.language.nodes import Call, Name, Negative, Node, Number, Product, Sum, Transpose
from grader.report import Verdict, plain

TYPED = {
    "J": "1",
    "S": "-J_bar",
    "y'": "S_bar * onehot(t) / y'",
    "y": "(diag(y') - y' y'^T)^T y'_bar",
    "g2": "W3^T y_bar",
    "h": "g2_bar ∘ g1",
    "g1": "g2_bar ∘ h",
    "z2": "sigmoid'(z2) ∘ g1_bar",
    "z1": "relu'(z1) ∘ h_bar",
    "x": "W1^T z1_bar + W2^T z2_bar",
}
SLIPS = [
    ("J", "0"),
    ("J", "2"),
    ("S", "J_bar"),
    ("y'", "S_bar / y'"),
    ("y'", "S_bar * onehot(t) / y"),
    ("y'", "S_bar * onehot(t) * y'"),
    ("y", "diag(y' ∘ (1 - y')) y'_bar"),
    ("y", "diag(y') y'_bar"),
    ("y", "(diag(y') + y' y'^T) y'_bar"),
    ("g2", "W3 y_bar"),
    ("g2", "W3^T y'_bar"),
    ("h", "g2_bar ∘ h"),
    ("h", "g2_bar @ g1"),
    ("g1", "g2_bar g1^T"),
    ("z2", "sigmoid(z2) ∘ g1_bar"),
    ("z2", "sigmoid'(g1) ∘ g1_bar"),
    ("z1", "relu(z1) ∘ h_bar"),
    ("z1", "h_bar"),
    ("x", "W1 z1_bar + W2 z2_bar"),
    ("x", "W1^T z1_bar"),
    ("x", "W1^T z1_bar - W2^T z2_bar"),
    ("x", "W2^T z1_bar + W1^T z2_bar"),
]


def _judged(texts: dict[str, str], derived: Differentiated, read: Any) -> dict[str, Verdict]:
    found = backward.judge({name: read(text) for name, text in texts.items()}, derived)
    return {name: finding.verdict for name, finding in found.items()}


def _touched(verdicts: dict[str, Verdict]) -> set[str]:
    assert set(verdicts.values()) <= {Verdict.CORRECT, Verdict.INCORRECT}
    return {name for name, verdict in verdicts.items() if verdict is Verdict.INCORRECT}


def test_all_right(derived: Differentiated, read: Any) -> None:
    assert _touched(_judged(TYPED, derived, read)) == set()


@pytest.mark.parametrize("slip", SLIPS, ids=str)
def test_a_slip_touches_its_variable(slip: tuple[str, str], derived: Differentiated, read: Any) -> None:
    assert _touched(_judged(TYPED | {slip[0]: slip[1]}, derived, read)) == {slip[0]}


def test_combinations_of_slips_touch_theirs(derived: Differentiated, read: Any) -> None:
    pairs = [pair for pair in combinations(SLIPS, 2) if pair[0][0] != pair[1][0]]
    assert len(pairs) > 150
    for pair in pairs[::9]:
        touched = _touched(_judged(TYPED | dict(pair), derived, read))
        assert touched == {pair[0][0], pair[1][0]}, pair


def test_every_slip_of_the_table_touches_its_variable(derived: Differentiated) -> None:
    typed = Sum(tuple(map(Name, (*derived.given, *derived.procedure.steps, *derived.bars))))
    search = diagnosis._Search("x", Equation(typed), derived)
    equations = {name: Equation(rule) for name, rule in derived.rules.items()}
    tried = 0
    for variable, rule in derived.rules.items():
        for number, (slip, changed) in enumerate(search.made(rule)):
            mutant = Equation(changed)
            alone = Chain(derived, {variable: mutant})
            found = backward.judge({**(equations if number % 5 == 0 else {}), variable: mutant}, derived)
            wrong = {name for name, finding in found.items() if finding.verdict is not Verdict.CORRECT}
            if alone.premise(variable) is None and _holds(mutant, variable, derived):
                assert wrong == set(), slip
            else:
                tried += 1
                assert wrong == {variable}, (variable, slip)
    assert tried > 120


def _holds(equation: Equation, variable: str, derived: Differentiated) -> bool:
    try:
        return proof.prove(equation, variable, TRUE, derived.regions).holds
    except ShapeError:
        return False


@pytest.mark.parametrize("factor", [Fraction(10001, 10000), Fraction(9999, 10000), Fraction(1001, 1000)])
def test_a_tiny_error_in_any_factor_is_seen(factor: Fraction, derived: Differentiated) -> None:
    for variable, rule in derived.rules.items():

        def stretched(node: Node) -> Any:
            yield Mistake("", ""), Product((Number(factor), node), ("*",))

        for _, changed in diagnosis.everywhere(rule, stretched):
            if nodes.size(changed) == nodes.size(rule) + 2 and _takes_part(changed, rule):
                finding = backward.judge({variable: Equation(changed)}, derived)[variable]
                assert finding.verdict is Verdict.INCORRECT, (variable, writing.text(changed))


def _takes_part(changed: Node, rule: Node) -> bool:
    """Not inside relu', which does not see a positive factor, and not around a class label."""
    text = writing.text(changed)
    return "relu'(1" not in text.replace("relu'(0", "relu'(1") and "onehot(1" not in text.replace(
        "onehot(0", "onehot(1"
    )


def test_chains_that_cancel(derived: Differentiated, read: Any) -> None:
    texts = TYPED | {"S": "J_bar", "y'": "-S_bar * onehot(t) / y'"}
    found = backward.judge({name: read(text) for name, text in texts.items()}, derived)
    assert {name for name, finding in found.items() if finding.verdict is Verdict.INCORRECT} == {"S"}
    assert found["y'"].code == "backward.chain"


def test_what_fails_only_where_a_sign_is_0_and_nobody_can_point_to_it_stays_open(
    derived: Differentiated, read: Any
) -> None:
    finding = backward.judge({"h": read("g2_bar ∘ g1 * I(sum(x)^2 != 2)")}, derived)["h"]
    assert (finding.verdict, finding.code) == (Verdict.REVIEW, "backward.open")


@pytest.mark.parametrize("text", ["h_bar", "0 h_bar"])
def test_what_holds_on_some_regions_alone_is_not_proved(text: str, derived: Differentiated, read: Any) -> None:
    def proved(*regions: Residues) -> bool:
        return proof.prove(read(text), "z1", TRUE, regions).holds

    alone = {region: proved(region) for region in derived.regions}
    assert set(alone.values()) == {True, False}
    assert not proved(*sorted(alone, key=lambda region: not alone[region]))


def test_a_chain_may_go_through_what_fits_only_there(derived: Differentiated, read: Any) -> None:
    texts = TYPED | {"g2": "y_bar", "h": "g1 ∘ W3^T g2_bar"}
    found = backward.judge({name: read(text) for name, text in texts.items()}, derived)
    assert {name for name, finding in found.items() if finding.verdict is not Verdict.CORRECT} == {"g2"}
    assert found["h"].code == "backward.chain"


def test_merging_and_skipping_steps(derived: Differentiated, read: Any) -> None:
    texts = {
        "y": "y' - onehot(t)",
        "z1": "I(z1 > 0) ∘ g1 ∘ W3^T y_bar",
        "x": "W1^T z1_bar + W2^T (g1 ∘ (1 - g1) ∘ h ∘ W3^T y_bar)",
    }
    assert _touched(_judged(texts, derived, read)) == set()


def test_nothing_for_zeros(derived: Differentiated, read: Any) -> None:
    for zero in ("0", "0 * {0}", "{0} - {0}", "0 * J_bar"):
        texts = {name: zero.format(name) for name in TYPED}
        assert _touched(_judged(texts, derived, read)) == set(TYPED)
    # What is right on its own merits stays right below zeros.
    zeros = dict.fromkeys(TYPED, "0")
    assert _touched(_judged(zeros | {"x": TYPED["x"]}, derived, read)) == set(TYPED) - {"x"}


@pytest.mark.parametrize(
    ("texts", "wrong", "code"),
    [
        ({"x": "x_bar"}, {"x"}, "backward.circular"),
        ({"x": "P", "where": {"P": "x_bar"}}, {"x"}, "backward.circular"),
        ({"z1": "relu'(z1) ∘ h_bar + 0 * x_bar"}, {"z1"}, "backward.downstream"),
        ({"y": "P y'_bar", "where": {"P": "Q", "Q": "P"}}, {"y"}, "backward.circular_definition"),
        ({"y": "P y'_bar", "where": {"P": "P"}}, {"y"}, "backward.circular_definition"),
        ({"h": "g1_bar ∘ g1 / h", "g1": "h_bar ∘ h / g1"}, {"h", "g1"}, "backward.circular"),
        ({"J": "-S_bar", "S": "-J_bar"}, {"J"}, "backward.downstream"),
    ],
)
def test_circles(texts: Any, wrong: set[str], code: str, derived: Differentiated, read: Any) -> None:
    where = texts.pop("where", None) if "where" in texts else None
    equations = {name: read(text) for name, text in TYPED.items()}
    equations |= {name: read(text, where) for name, text in texts.items()}
    found = backward.judge(equations, derived)
    assert {name for name, finding in found.items() if finding.verdict is not Verdict.CORRECT} == wrong
    assert {found[name].code for name in wrong} == {code}


def test_a_gradient_that_is_its_own_upstream_is_told_so_and_is_nobody_elses_fault(derived: Differentiated, read: Any):
    found = backward.judge({name: read(text) for name, text in (TYPED | {"z1": "z1_bar"}).items()}, derived)
    assert {name for name, finding in found.items() if finding.verdict is not Verdict.CORRECT} == {"z1"}
    assert plain(found["z1"].blocks) == "z1_bar is defined through itself, so it cannot be computed."


def test_rows_all_the_way(derived: Differentiated, read: Any) -> None:
    texts = {
        "J": "1",
        "S": "-J_bar",
        "y'": "S_bar * (onehot(t) / y')^T",
        "y": "y'_bar (diag(y') - y' y'^T)",
        "g2": "y_bar W3",
        "h": "g2_bar diag(g1)",
        "g1": "g2_bar ∘ h^T",
        "z2": "g1_bar diag(sigmoid'(z2))",
        "z1": "h_bar diag(relu'(z1))",
        "x": "z1_bar W1 + z2_bar W2",
    }
    assert _touched(_judged(texts, derived, read)) == set()
    # Without rows above it, the same product does not fit.
    assert _touched(_judged(TYPED | {"g2": "y_bar W3"}, derived, read)) == {"g2"}


ROWS = {
    "J": "1",
    "S": "-J_bar",
    "y'": "S_bar onehot(t)^T / y'",
    "y": "y'_bar (diag(y') - y'^T y')",
    "g2": "y_bar W3",
    "h": "g2_bar ∘ g1",
    "g1": "g2_bar ∘ h",
    "z2": "g1_bar ∘ g1 ∘ (1 - g1)",
    "z1": "h_bar ∘ I(z1 > 0)",
    "x": "z1_bar W1 + z2_bar W2",
}
"""Every vector as a row, the forward values too; what is by entries says nothing of it."""


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, set()),
        ({"y'": None}, set()),
        ({"y": "y' - onehot(t)", "y'": None}, set()),
        ({"y": None, "g2": None, "y'": "S_bar onehot(t) / y'"}, set()),
        ({"y": "y'_bar @ (diag(y') - y' @ y'^T)", "g1": "g2_bar * h"}, set()),
        ({"y": "y'_bar ∘ y' - (y'_bar y'^T) y'"}, set()),
        ({"g2": "y_bar W3^T"}, {"g2"}),
        ({"x": "z1_bar W1 + z2_bar W1"}, {"x"}),
        ({"x": "z1_bar W1 - z2_bar W2", "y": "y'_bar (diag(y') + y'^T y')"}, {"x", "y"}),
        ({"x": "W1^T z1_bar + W2^T z2_bar", "y": "(diag(y') - y' y'^T) y'_bar"}, {"g2", "y'"}),
    ],
)
def test_rows_for_all_vectors(changes: dict[str, Any], wrong: set[str], derived: Differentiated, read: Any) -> None:
    texts = {name: text for name, text in {**ROWS, **changes}.items() if text is not None}
    assert _touched(_judged(texts, derived, read)) == wrong


def test_every_member_of_a_chain_must_be_right(derived: Differentiated, read: Any) -> None:
    equation = replace(read("W3^T y_bar"), others=(read("W3^T y'_bar").node,))
    finding = backward.judge({"g2": equation}, derived)["g2"]
    assert finding.verdict is Verdict.INCORRECT
    assert "W3^T y'_bar" in plain(finding.blocks)


def test_the_right_equation_is_shown_only_where_the_config_says_so(derived: Differentiated, read: Any) -> None:
    for variable, text in SLIPS:
        hidden, shown = (
            backward.judge({variable: read(text)}, derived, Rubric(reveal_equations=reveal))[variable]
            for reveal in (False, True)
        )
        rule = writing.text(derived.rules[variable])
        assert f"= {rule}" in plain(shown.blocks)
        assert rule not in plain(hidden.blocks).replace("Table", "") or rule in ("1", "-J_bar")


def test_shapes_are_named_by_their_sizes(derived: Differentiated, read: Any) -> None:
    message = plain(backward.judge({"g2": read("W3 y_bar")}, derived)["g2"].blocks)
    assert "W3: N×k, y_bar: N" in message
    message = plain(backward.judge({"h": read("g2_bar ∘ y")}, derived)["h"].blocks)
    assert "g2_bar: k, y: N" in message
    message = plain(backward.judge({"h": read("g2_bar g1^T")}, derived)["h"].blocks)
    assert "k×k" in message


# Right rewritings, at random.

MEANINGS = {
    "sigmoid'(z2)": [
        "g1 ∘ (1 - g1)",
        "g1 - g1^2",
        "exp(-z2)/(1 + exp(-z2))^2",
        "sigmoid(z2) ∘ sigmoid(-z2)",
        "g1^2 ∘ exp(-z2)",
    ],
    "relu'(z1)": ["I(z1 > 0)", "I(h > 0)", "step(z1)", "(1 if z1 >= 0 else 0)", "h/z1", "(1 + sign(z1))/2"],
    "softmax'(y)": ["(diag(y') - y' y'^T)", "(diag(softmax(y)) - softmax(y) softmax(y)^T)", "softmax'(y)^T"],
    "g1": ["sigmoid(z2)", "1/(1 + exp(-z2))", "(1 - sigmoid(-z2))"],
    "h": ["relu(z1)", "max(0, z1)", "z1 ∘ I(z1 > 0)"],
    "y'": ["softmax(y)", "exp(y)/sum(exp(y))", "exp(log(y'))"],
    "onehot(t)": ["e_t", "I(k = t)", "e_t ∘ e_t"],
}


def _rewritings(node: Node, rules: dict[str, Node], read: Any) -> list[Node]:
    """Right rewritings of one node, at its root."""
    if node in (Name("t"), Name("k")) or isinstance(node, (nodes.Comparison, Number)):
        return []
    found: list[Node] = [
        Transpose(Transpose(node)),
        Negative(Negative(node)),
        Product((Number(Fraction(1)), node), ("*",)),
    ]
    found += [read(text).node for text in MEANINGS.get(writing.text(node), ())]
    if isinstance(node, Sum):
        found.append(Sum(node.terms[::-1]))
    if isinstance(node, Product) and len(node.factors) == 2:
        left, right = node.factors
        if node.signs == ("∘",):
            found += [
                Product((right, left), ("∘",)),
                Product((left, right), ("*",)),
                Product((Call("diag", (left,)), right), ("",)),
            ]
        if node.signs == ("",) and isinstance(left, Transpose):
            found += [Transpose(Product((Transpose(right), left.operand), ("",))), Product((left, right), ("@",))]
    if isinstance(node, Name) and node.name in rules:
        found.append(rules[node.name])
    return found


@given(data=st.data())
def test_right_rewritings_are_right(data: st.DataObject, derived: Differentiated, read: Any) -> None:
    variable = data.draw(st.sampled_from(sorted(derived.rules)))
    rules = {f"{name}_bar": rule for name, rule in derived.rules.items()}
    node = derived.rules[variable]
    for _ in range(data.draw(st.integers(1, 4))):

        def rewrite(inner: Node) -> Any:
            for one in _rewritings(inner, rules, read):
                yield Mistake("", ""), one

        changed = [one for _, one in diagnosis.everywhere(node, rewrite) if nodes.size(one) < 120]
        node = data.draw(st.sampled_from(changed or [node]))
    finding = backward.judge({variable: Equation(node)}, derived)[variable]
    if "log(" in writing.text(node) and finding.verdict is Verdict.REVIEW:
        return  # of logarithms only that e^log u is u is known
    assert finding.verdict is Verdict.CORRECT, (writing.text(node), plain(finding.blocks))
    typed = read(writing.text(node))
    assert backward.judge({variable: typed}, derived)[variable].verdict is Verdict.CORRECT, writing.text(node)


@given(data=st.data())
def test_any_equation_gets_a_verdict(data: st.DataObject, derived: Differentiated) -> None:
    names = st.sampled_from(
        [Name(name) for name in ("x", "t", "y'", "W3", "g1", "y_bar", "x_bar", "k", "N", "ones", "?")]
    )
    functions = st.sampled_from(["diag", "softmax", "sigmoid", "log", "onehot", "ones", "sum", "max", "eye", "foo"])
    leaves = names | st.integers(-3, 3).map(lambda n: Number(Fraction(n)))
    signs = st.sampled_from(["", "*", "@", "∘", "/"])

    def grown(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        return (
            st.lists(inner, min_size=2, max_size=4).map(lambda terms: Sum(tuple(terms)))
            | st.tuples(inner, signs, inner, signs, inner).map(lambda p: Product(p[::2], p[1::2]))
            | inner.map(Transpose)
            | st.tuples(inner, inner).map(lambda p: nodes.Power(*p))
            | st.tuples(functions, inner, st.integers(0, 2)).map(lambda p: Call(p[0], (p[1],), p[2]))
            | inner.map(lambda n: nodes.Indicator(nodes.Comparison((n, Name("t")), ("=",))))
            | st.lists(inner, min_size=1, max_size=3).map(lambda n: nodes.Array(tuple(n)))
        )

    node = data.draw(st.recursive(leaves, grown, max_leaves=12))
    variable = data.draw(st.sampled_from(["J", "y", "x"]))
    finding = backward.judge({variable: Equation(node, {"foo": node})}, derived)[variable]
    assert finding.verdict is not Verdict.PARTIAL
    assert finding.blocks
    assert "nan" not in finding.canonical


@pytest.mark.parametrize(
    "text",
    [
        "-J_bar * (x^T x)^(153093218416530310706444146 * d)",
        "-J_bar * exp(10935229886895022193317439 * sum(x))",
    ],
)
def test_what_no_number_can_be_held_against_is_not_proved(text: str, derived: Differentiated, read: Any) -> None:
    # Modulo the primes of a proof these factors are 1; among real numbers they are too large to be computed.
    finding = backward.judge({"S": read(text)}, derived)["S"]
    assert (finding.verdict, finding.code) == (Verdict.REVIEW, "backward.open")


def test_a_number_too_large_in_one_equation_excuses_no_other(derived: Differentiated, read: Any) -> None:
    texts = {"S": "-J_bar * exp(2 * 10935229886895022193317439 * sum(x))", "z1": "h_bar ∘ relu'(z1) ∘ log(z2)/log(z2)"}
    found = backward.judge({name: read(text) for name, text in texts.items()}, derived)
    assert found["z1"].verdict is Verdict.INCORRECT


def test_hostile_equations(derived: Differentiated, read: Any) -> None:
    long = Sum(tuple(Name("z1_bar") for _ in range(1000)))
    huge = nodes.Power(Number(Fraction(10)), Number(Fraction(10**9)))
    wide = nodes.Array(tuple(Number(Fraction(n)) for n in range(1000)))
    deep = {f"P{n}": Product((Name(f"P{n + 1}"), Name(f"P{n + 1}")), ("@",)) for n in range(60)} | {"P60": Name("W1")}
    equations = (
        Equation(long),
        Equation(huge),
        Equation(Product((wide, Transpose(wide)), ("@",))),
        Equation(Name("P0"), deep),
    )
    for equation in (*equations, Equation(Number(Fraction(10**400)))):
        finding = backward.judge({"x": equation}, derived)["x"]
        assert finding.verdict in (Verdict.INCORRECT, Verdict.REVIEW)


def nested(rule: Any, node: Node, times: int) -> Node:
    for number in range(times):
        node = rule(node, number)
    return node


X, HUGE = Name("x"), Number(Fraction(10**9))
ENTRY = nodes.Entry(X, (Name("i"),))
ENTRY_1 = nodes.Entry(X, (Number(Fraction(1)),))
ENDLESS: dict[str, tuple[Node, dict[str, Node]]] = {
    "a tower of exponentials": (nested(lambda u, _: Call("exp", (u,)), X, 60), {}),
    "a tower of powers": (nested(lambda u, _: nodes.Power(u, HUGE), X, 5), {}),
    "a tower of softmaxes": (nested(lambda u, _: Call("softmax", (u,)), X, 60), {}),
    "sums within sums": (
        nodes.Entries(
            ("q",),
            nested(
                lambda u, n: nodes.Total(f"i{n}", Product((nodes.Entry(X, (Name(f"i{n}"),)), u), ("*",))),
                nodes.Entry(X, (Name("q"),)),
                12,
            ),
        ),
        {},
    ),
    "functions that call two": (
        Call("f0", (X,)),
        {
            f"f{n}": nodes.Function(("u",), Sum((Call(f"f{n + 1}", (Name("u"),)), Call(f"f{n + 1}", (Name("u"),)))))
            for n in range(40)
        }
        | {"f40": nodes.Function(("u",), Name("u"))},
    ),
    "a derivative of the sixth order": (
        Call("f", (X,), 6),
        {"f": nodes.Function(("u",), nested(lambda u, _: Product((u, Call("exp", (u,))), ("*",)), Name("u"), 12))},
    ),
    "conditions within conditions": (
        nested(
            lambda u, n: nodes.Choice(
                ((nodes.Comparison((u, Number(Fraction(1))), (">",)), u),), Sum((u, Number(Fraction(1))))
            ),
            X,
            9,
        ),
        {},
    ),
    "a thousand signs": (nested(lambda u, _: Negative(u), X, 1000), {}),
    "a condition on a number of a trillion digits": (
        Product((Name("z1_bar"), nodes.Indicator(nodes.Comparison((Name("q0"), ENTRY_1), (">",)))), ("*",)),
        {f"q{n}": Product((Name(f"q{n + 1}"),) * 2, ("*",)) for n in range(38)} | {"q38": Number(Fraction(3))},
    ),
    "a product of wide matrices": (
        Product((Call("ones", (Number(Fraction(100)), Number(Fraction(100)))),) * 30, ("@",) * 29),
        {},
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_takes_too_long_is_stopped(name: str, derived: Differentiated) -> None:
    node, where = ENDLESS[name]
    finding = backward.judge({"x": Equation(node, where)}, derived)["x"]
    assert finding.verdict in (Verdict.REVIEW, Verdict.INCORRECT)
    assert finding.verdict is Verdict.REVIEW or "To check by hand" in plain(finding.blocks)


def test_no_warnings(derived: Differentiated, read: Any) -> None:
    with np.errstate(all="raise"):
        for text in ("1/(J_bar - 1) * W1^T z1_bar", "log(0 * x)", "exp(exp(exp(9 x)))", "x^(1/2)"):
            assert backward.judge({"x": read(text)}, derived)["x"].verdict is Verdict.INCORRECT


def test_reading_and_writing_agree(derived: Differentiated, forward: Any) -> None:
    names = [*forward.variables, *forward.parameters]
    for variable, rule in derived.rules.items():
        assert (
            backward.judge({variable: Equation(reading.equation(writing.text(rule), names).node)}, derived)[
                variable
            ].credit
            == 1
        )
