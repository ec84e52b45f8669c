"""The computation graph: every edge missing, reversed or too many is named, and parameters are left aside."""

from __future__ import annotations

from fractions import Fraction

import pytest

from grader.checks import graph
from grader.gradients.procedure import Procedure
from grader.language.nodes import Name, Sum
from grader.report import Finding, Verdict, plain
from grader.reporters.html import pictures
from reference.gradients import GRAPH

TRUE = [tuple(edge.split(" -> ")) for edge in GRAPH["edges"]]
HALF = Fraction(1, 2)


def _procedure() -> Procedure:
    reads: dict[str, list[str]] = {}
    for start, end in TRUE:
        reads.setdefault(end, []).append(start)
    order = ["z1", "h", "z2", "g1", "g2", "y", "y'", "S", "J"]
    steps = {name: Sum(tuple(map(Name, reads[name]))) for name in order}
    return Procedure(("d", "k", "N"), {"x": ("d",)}, {"t": "N"}, {"W1": ("k", "d"), "b1": ("k",)}, steps)


def judged(edges: list[tuple[str, ...]]) -> Finding:
    return graph.judge([(edge[0], edge[1]) for edge in edges], _procedure(), HALF)


def test_right_in_any_order() -> None:
    for edges in (TRUE, TRUE[::-1], TRUE + TRUE, [*TRUE, ("W1", "z1"), ("b1", "z1")]):
        finding = judged(edges)
        assert finding.verdict is Verdict.CORRECT
        assert finding.canonical == judged(TRUE).canonical


@pytest.mark.parametrize("place", range(len(TRUE)))
def test_missing(place: int) -> None:
    finding = judged(TRUE[:place] + TRUE[place + 1 :])
    assert (finding.verdict, finding.credit, finding.code) == (Verdict.PARTIAL, HALF, "graph.missing")
    assert " -> ".join(TRUE[place]) in plain(finding.blocks)
    assert finding.exhibit is not None
    assert finding.exhibit["missing"] == [list(TRUE[place])]


@pytest.mark.parametrize("edge", [("x", "h"), ("t", "y"), ("h", "y"), ("y", "S")])
def test_extra(edge: tuple[str, str]) -> None:
    finding = judged([*TRUE, edge])
    assert (finding.verdict, finding.code) == (Verdict.PARTIAL, "graph.extra")
    assert "Too many: " + " -> ".join(edge) in plain(finding.blocks)


def test_turned_round() -> None:
    finding = judged([*TRUE[1:], ("z1", "x")])
    message = plain(finding.blocks)
    assert "Turned round: z1 -> x" in message
    assert "Missing" not in message
    assert "Too many" not in message


def test_an_edge_that_is_there_both_ways_is_one_too_many() -> None:
    message = plain(judged([*TRUE, ("z1", "x")]).blocks)
    assert "Too many: z1 -> x" in message
    assert "Turned round" not in message


def test_circles_are_named() -> None:
    assert "in a circle: h -> g2 -> h" in plain(judged([*TRUE, ("g2", "h")]).blocks)
    assert "circle: x -> x" in plain(judged([*TRUE, ("x", "x")]).blocks)


def test_nothing_right_earns_nothing() -> None:
    for edges in ([], [("W1", "z1")], [(end, start) for start, end in TRUE], [("x", "J")]):
        finding = judged(edges)
        assert (finding.verdict, finding.credit) == (Verdict.INCORRECT, 0)


def test_partial_credit_is_the_rubrics() -> None:
    edges = [(start, end) for start, end in TRUE[1:]]
    assert graph.judge(edges, _procedure(), Fraction(1, 3)).credit == Fraction(1, 3)


def test_as_typed_it_is_drawn_and_nothing_is_said_of_it():
    drawn = graph.typed([("x", "z1"), ("x", "z1"), ("W1", "z1"), ("z1", "x")], _procedure())
    assert (drawn["edges"], drawn["missing"], drawn["extra"]) == ([["x", "z1"], ["z1", "x"]], [], [])
    assert "z1 → x" in pictures.graph(drawn)
    assert "as it should be" not in pictures.graph(drawn)
