"""Random changes of right equations in every notation: what changes the meaning is never correct, what does not is."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

import equations as oracle
import numpy as np
from hypothesis import given, strategies as st
from rows import rows

from grader.checks import backward
from grader.gradients.points import Differentiated
from grader.gradients.procedure import Equation
from grader.language import nodes, writing
from grader.language.nodes import Entries, Entry, Name, Negative, Node, Number, Product, Sum, Total, Transpose
from grader.report import Verdict, plain

ROWS = rows(__file__, "notations.yaml")
RIGHT = [row for row in ROWS if row["verdict"] == "correct" and row.get("with", {}).keys() <= {"where"}] + [
    {f"{variable}_bar": text} for variable, texts in rows(__file__, "right.yaml").items() for text in texts
]
NUMBERS = [Fraction(text) for text in ("0", "1", "2", "-1", "1/2", "1/100", "3", "1000")]


@lru_cache(maxsize=1)
def points() -> list[tuple[dict[str, Any], dict[str, tuple[int, int]]]]:
    """Forward values and gradients in plain numpy: ordinary ones, close to 0 and far, several sizes and labels."""
    random = np.random.default_rng(1)
    found = []
    for place in range(30):
        d, k, classes = [(2, 3, 4), (3, 4, 2), (4, 2, 3)][place % 3]
        scale = [1.0, 1e-3, 1.6][place // 3 % 3]
        shapes = {"x": (d, 1), "W1": (k, d), "b1": (k, 1), "W2": (k, d), "b2": (k, 1), "W3": (classes, k)}
        v: dict[str, Any] = {name: scale * random.normal(size=shape) for name, shape in shapes.items()}
        v["b3"] = scale * random.normal(size=(classes, 1))
        t = place % classes
        v["z1"], v["z2"] = v["W1"] @ v["x"] + v["b1"], v["W2"] @ v["x"] + v["b2"]
        v["h"], v["g1"] = np.maximum(v["z1"], 0), oracle.sigmoid(v["z2"])
        v["g2"] = v["h"] * v["g1"]
        v["y"] = v["W3"] @ v["g2"] + v["b3"]
        v["y'"] = oracle.softmax(v["y"])
        v["S"] = np.log(v["y'"][t, 0])
        v["J"] = -v["S"]
        hot = np.eye(classes)[:, [t]]
        v["J_bar"], v["S_bar"] = np.array(1.0), np.array(-1.0)
        v["y'_bar"], v["y_bar"] = -hot / v["y'"], v["y'"] - hot
        v["g2_bar"] = v["W3"].T @ v["y_bar"]
        v["h_bar"], v["g1_bar"] = v["g2_bar"] * v["g1"], v["g2_bar"] * v["h"]
        v["z2_bar"] = v["g1_bar"] * v["g1"] * (1 - v["g1"])
        v["z1_bar"] = v["h_bar"] * (v["z1"] > 0)
        v["x_bar"] = v["W1"].T @ v["z1_bar"] + v["W2"].T @ v["z2_bar"]
        assert all(np.isfinite(value).all() for value in v.values())
        found.append(({**v, "d": np.array(d), "k": np.array(k), "N": np.array(classes)}, {"t": (t + 1, classes)}))
    return found


def meaning(equation: Equation, variable: str) -> bool | None:
    """Whether an equation gives the gradient at all of the points; None where the oracle cannot tell."""
    if equation.uses & {"I", "identity", "eye", "ones"}:
        return None  # to the oracle these are the number 1
    same = True
    for values, labels in points():
        try:
            with np.errstate(all="ignore"):
                value = np.asarray(oracle.Numbers(values, labels, equation.where).of(equation.node), dtype=float)
        except (oracle.Unfit, LookupError, ValueError, AttributeError, TypeError, RuntimeError):
            return None
        gradient = np.asarray(values[f"{variable}_bar"])
        if value.size != gradient.size or not np.isfinite(value).all():
            return None
        error = np.abs(value.reshape(-1) - gradient.reshape(-1)).max()
        if error > 1e-6 * max(np.abs(value).max(), np.abs(gradient).max()):
            same = False
    return same


def _changes(node: Node) -> Iterator[Node]:
    """Small changes at the root of a node, most of which change the meaning."""
    if isinstance(node, Name):
        for other in ("h", "g1", "z1", "z2", "y", "y'", "g2_bar", "h_bar", "g1_bar", "W1", "W2", "t", "i", "j"):
            yield Name(other)
        yield Transpose(node)
    elif isinstance(node, Number):
        yield from (Number(number) for number in NUMBERS if number != node.value)
    elif isinstance(node, Sum):
        for place in range(len(node.terms)):
            yield Sum((*node.terms[:place], Negative(node.terms[place]), *node.terms[place + 1 :]))
        yield node.terms[0]
        yield Product(node.terms, ("∘",) * (len(node.terms) - 1))
    elif isinstance(node, Product):
        yield from node.factors
        yield Product(node.factors[::-1], node.signs[::-1])
    elif isinstance(node, nodes.Comparison) and len(node.operands) == 2:
        yield from (nodes.Comparison(node.operands, (relation,)) for relation in ("<", "<=", ">", ">=", "=", "!="))
        yield nodes.Comparison((node.operands[0], Sum((node.operands[1], Number(Fraction(1, 100))))), node.relations)
    elif isinstance(node, nodes.Call) and len(node.arguments) == 1:
        yield from (nodes.Call(name, node.arguments, node.derivative) for name in ("relu", "sigmoid", "exp", "tanh"))
        if node.function in ("relu", "sigmoid", "softmax", "exp", "tanh"):
            yield nodes.Call(node.function, node.arguments, 1 - node.derivative)
    elif isinstance(node, Entry) and len(node.indices) == 2:
        yield Entry(node.array, node.indices[::-1])
    elif isinstance(node, Total):
        yield node.body
    elif isinstance(node, nodes.Choice):
        yield nodes.Choice(tuple((condition, node.otherwise) for condition, _ in node.branches), node.branches[0][1])
    if not isinstance(node, (nodes.Comparison, nodes.Truth, Entries)):
        yield Product((Number(Fraction(1001, 1000)), node), ("*",))
        yield Negative(node)


def _equals(node: Node) -> Iterator[Node]:
    """Other ways to write a node at its root."""
    if isinstance(node, Sum):
        yield Sum(node.terms[::-1])
    elif isinstance(node, Product) and set(node.signs) == {"∘"}:
        yield Product(node.factors[::-1], node.signs)
    elif isinstance(node, nodes.Comparison) and len(node.operands) == 2:
        turned: dict[str, nodes.Relation] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
        yield nodes.Comparison(node.operands[::-1], (turned[node.relations[0]],))
    elif isinstance(node, Total) and isinstance(node.body, Sum):
        yield Sum(tuple(Total(node.index, term) for term in node.body.terms))
    elif isinstance(node, Total):
        yield Total("q", nodes.replaced(node.body, {node.index: Name("q")}))
    elif isinstance(node, Entries):
        yield Entries(("p", "r")[: len(node.indices)], nodes.replaced(node.body, _renamed(node)))
    elif isinstance(node, Entry):
        yield Negative(Negative(node))
        yield Product((node, Number(Fraction(3)), Number(Fraction(3))), ("*", "/"))
    elif isinstance(node, nodes.Call) and node.function == "sigmoid" and not node.derivative:
        power = nodes.Call("exp", (Negative(node.arguments[0]),))
        yield Product((Number(Fraction(1)), Sum((Number(Fraction(1)), power))), ("/",))


def _renamed(node: Entries) -> dict[str, Node]:
    return {index: Name(new) for index, new in zip(node.indices, ("p", "r"))}


def _drawn(data: st.DataObject, typed: Any) -> tuple[str, Equation]:
    row = data.draw(st.sampled_from(RIGHT))
    field, text = next(iter(row.items()))
    variable = field.removesuffix("_bar")
    return variable, typed({field: text, **row.get("with", {})})[variable]


def _proper(node: Node) -> bool:
    """Whether indices and what derivatives are of are still names, and no function is of a row."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, Entry) and not all(isinstance(index, (Name, Number)) for index in current.indices):
            return False
        if isinstance(current, nodes.Derivative) and not all(
            isinstance(part, Name) for part in (current.of, current.by)
        ):
            return False
        if isinstance(current, nodes.Call) and any(isinstance(one, Transpose) for one in current.arguments):
            return False  # a row is the same vector as a column, and to the oracle another
        own_slope = isinstance(current, nodes.Call) and current.function == "f" and current.derivative
        if own_slope and nodes.names(current) - {"z1", "z2"}:
            return False  # h is at the kink for half of all inputs, and the slope there is free, but not to the oracle
        pending.extend(nodes.children(current))
    return True


@given(data=st.data())
def test_what_changes_the_meaning_is_never_correct(data: st.DataObject, derived: Differentiated, typed: Any) -> None:
    variable, equation = _drawn(data, typed)
    node = equation.node
    for _ in range(data.draw(st.integers(1, 2))):
        changed = [one for one in nodes.changed_somewhere(node, _changes) if _proper(one)]
        node = data.draw(st.sampled_from(changed))
    mutant = Equation(node, equation.where)
    finding = backward.judge({variable: mutant}, derived)[variable]
    same = meaning(mutant, variable)
    if same is False:
        assert finding.verdict is not Verdict.CORRECT, (variable, writing.text(node))
    elif finding.verdict is Verdict.INCORRECT and same:
        # The oracle's points may all lie on one side of a threshold, or beside a kink; to it a label is a number, and
        # a gradient given as itself is right.
        allowed = ("To check by hand", "is a class label", "is defined through itself")
        assert any(one in plain(finding.blocks) for one in allowed)


@given(data=st.data())
def test_what_does_not_change_it_is_correct(data: st.DataObject, derived: Differentiated, typed: Any) -> None:
    variable, equation = _drawn(data, typed)
    node = equation.node
    for _ in range(data.draw(st.integers(1, 4))):
        changed = [one for one in nodes.changed_somewhere(node, _equals) if _proper(one)]
        node = data.draw(st.sampled_from(changed or [node]))
    finding = backward.judge({variable: Equation(node, equation.where)}, derived)[variable]
    assert finding.verdict is Verdict.CORRECT, (variable, writing.text(node), plain(finding.blocks))
