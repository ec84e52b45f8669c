"""Computation graphs read from answers.yaml, in every form of an edge."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from grader import document
from grader.assignment import config
from grader.forms import graph
from grader.forms.answer import Invalid, Typed
from grader.language.reading.edges import drawn
from grader.language.reading.source import SHORT
from grader.report import plain

CONFIG = config.load(Path(__file__).parents[2] / "config.yaml")


def read(text: str) -> list[str]:
    found = document.salvage(text.encode())
    assert found.root is not None
    (answer,) = graph.answer(Typed(CONFIG.items_of["2.1.1"], found.root, CONFIG, found)).answers
    return [f"{start}>{end}" for start, end in answer.value]


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        ("edges: [x -> z1, z1 -> h]", "x>z1 z1>h"),
        ("[x -> z1, z1 -> h]", "x>z1 z1>h"),
        ('edges: ["y\', t -> S"]', "y'>S t>S"),
        ("edges: ['x -> z1, z2']", "x>z1 x>z2"),
        ("edges: [z1 <- x, h <- z1]", "x>z1 z1>h"),
        ("edges: [x –> z1, z1 —> h, h ➜ g2, g1 ~> g2]", "x>z1 z1>h h>g2 g1>g2"),
        ("edges: 'x -> z1 -> h and x -> z2 and g1 -> g2'", "x>z1 z1>h x>z2 g1>g2"),
        ("edges: 'h and g1 -> g2'", "h>g2 g1>g2"),
        ("edges: ['x -> z1 (affine)', 'z1 -[relu]-> h', 'z2 --sigmoid--> g1']", "x>z1 z1>h z2>g1"),
        (r"edges: ['\(x \to z_1\)', '\(z_1 \to h\)']", "x>z1 z1>h"),
        ("{z1: x, g2: h and g1}", "x>z1 h>g2 g1>g2"),
        ("children: {x: [z1, z2], z1: h}", "x>z1 x>z2 z1>h"),
        ("parents: |\n  z1: x\n  g2: h, g1\n", "x>z1 h>g2 g1>g2"),
        ("edges: ['parents of z1: x', 'Pa(g2) = {h, g1}']", "x>z1 h>g2 g1>g2"),
        ("edges: |\n  | node | parents |\n  |---|---|\n  | z1 | x |\n  | g2 | h, g1 |\n", "x>z1 h>g2 g1>g2"),
        ("edges: 'E = {(x, z1), (z1, h)}'", "x>z1 z1>h"),
        ("edges: [x -> z1 -> h -> g2]", "x>z1 z1>h h>g2"),
        ("edges: {z1: [x], g2: [h, g1]}", "x>z1 h>g2 g1>g2"),
        ("{z1: x, g2: 'h, g1', x: []}", "x>z1 h>g2 g1>g2"),
        ("edges: [[x, z1], [z1, h]]", "x>z1 z1>h"),
        ("edges:\n- x -> z1\n- g2: [h, g1]", "x>z1 h>g2 g1>g2"),
        ("edges: 'x -> z1, x -> z2, z1 -> h'", "x>z1 x>z2 z1>h"),
        ("edges: 'x -> z1; x -> z2; z1 -> h'", "x>z1 x>z2 z1>h"),
        ("edges: |\n  x -> z1\n  z1 -> h\n", "x>z1 z1>h"),
        ("edges: [x → z1, z_1 \\to h, y => y_prime, yp ⟶ S]", "x>z1 z1>h y>y' y'>S"),
        ("edges: [W1 -> z1, x -> z1]", "W1>z1 x>z1"),
        ("edges: [x -> z1, x -> z1]", "x>z1"),
        ("nodes: [x, z1]\nedges: [x -> z1]", "x>z1"),
        ("edges:\n- (x, z1)\n- (z1, h)", "x>z1 z1>h"),
        ("edges: [(x, z1), (z1, h)]", "x>z1 z1>h"),
        ("edges: '[(x, z1), (y, y_prime), (z1, h)]'", "x>z1 y>y' z1>h"),
        ("edges: '$(x, z_1)$; $(z_1, h)$'", "x>z1 z1>h"),
        ("edges:\n- {x: z1}\n- {z1: h}\n- {h: g2}", "x>z1 z1>h h>g2"),
        ("x: [z1, z2]\nz1: [h]\nt: [S]", "x>z1 x>z2 z1>h t>S"),
        ("edges:\n- {from: x, to: z1}\n- {source: z1, target: h}", "x>z1 z1>h"),
        ("edges: ['$y^{\\prime} \\to \\mathcal{S}$', '\\mathcal{S} \\to \\mathcal{J}']", "y'>S S>J"),
        ("edges: [x ↦ z1, \\mathbf{z}_1 \\rightarrow \\mathbf{h}]", "x>z1 z1>h"),
        ("edges: 'x -> z1 and x -> z2, h and g1 -> g2'", "x>z1 x>z2 h>g2 g1>g2"),
        ("edges: 'x -> {z1, z2}, {h, g_{1}} -> g2 -> y'", "x>z1 x>z2 h>g2 g1>g2 g2>y"),
        ("edges: '[x \\to z_1, x \\to z_2]'", "x>z1 x>z2"),
        ("edges: '(x, z1) -> h, g1 -> g2'", "x>h z1>h g1>g2"),
        ("edges: 'x feeds z1 and z2. z1 goes to h, S depends on t and yp'", "x>z1 x>z2 z1>h t>S y'>S"),
        ("edges: '$x \\xrightarrow{W_{1}} z_1 \\xrightarrow{ReLU} h$'", "x>z1 z1>h"),
        ("edges: |\n  1. x -> z1\n  2. z1 -> h\n", "x>z1 z1>h"),
        ("edges: |\n  - x -> z1\n  - z1 -> h\n", "x>z1 z1>h"),
        ("edges: |\n  graph LR\n    x --> z1\n    z1 --> h\n", "x>z1 z1>h"),
        (
            "edges: |\n  flowchart TD;\n  A((x)) -->|W1| B[z1]; h & g1 -.-> g2\n  style A fill:#f9f\n  B --> h",
            "x>z1 h>g2 g1>g2 z1>h",
        ),
        ('edges: |\n  graph TD\n  x -- linear --> z1\n  y --> yp["y\'"]\n  yp --> S', "x>z1 y>y' y'>S"),
        (
            "edges: 'digraph { rankdir=LR; node [shape=circle]; x; x -> {z1 z2}; z1 -> h [label=\"ReLU\"]; }'",
            "x>z1 x>z2 z1>h",
        ),
        ("edges: 'digraph { a [label=\"x\", color=red]; a -> z1; {rank=same; h; g1} }'", "x>z1"),
        ('digraph G {\n  "x" -> "z1";\n  "z1" -> "h";\n}', "x>z1 z1>h"),
    ],
)
def test_edges(text: str, edges: str) -> None:
    assert read(text) == edges.split()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("edges: [x -> q]", "x -> q"),
        ("edges: ['x -> z1 (removed)']", "removed"),
        ("edges: ['x -> z1 (not directly)']", "not directly"),
        ("edges: ['x -[not]-> z1']", "not"),
        ("edges: ['x ->|no| z1']", "no"),
        ("edges: |\n  graph TD\n  x -->|no| z1", "no"),
        ("edges: []", "no edge"),
        ("edges: [x, t -> S]", "has no arrow"),
        ("edges: 'x -> z1, z2, z1 -> h'", "not clear"),
        ("edges: {q: [x]}", "q"),
        ("edges: {z1: {x: 1}}", "list of variables"),
        ("edges: [x ->]", "cannot be read"),
        ("5", "no arrow"),
        ("{x: [z1], z2: [x]}", "parents or children"),
        ("edges:\n- (x, z1, h)", "no arrow"),
        ("edges:\n- (x, q)", "q"),
        ("edges: null", "no edge"),
        ("edges: '\\begin{tikzpicture}[->] \\draw (x) -- (z1); \\end{tikzpicture}'", "TikZ"),
        ("edges: '\\draw[->] (x) -- (z1);'", "TikZ"),
        ("edges: 'graph { x -- z1 }'", "no arrow"),
        ("edges: 'digraph { q -> z1 }'", "q"),
    ],
)
def test_invalid(text: str, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(text)
    assert message in plain(caught.value.blocks)


def test_the_line_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        read("edges:\n- x -> z1\n- x -> q\n")
    assert caught.value.line == 3


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("edges:\n- x -> z1\n- x -> q\n- z1 -> h\n- hh -> g2\n", ["Line 3: ", "Line 5: "]),
        ("edges: {z1: [x, q], zz: [x], h: {x: 1}}", ["q", "zz", "list of variables"]),
        ("edges: [" + ", ".join(["x -> q"] * 30) + "]", ["22 more places"]),
    ],
)
def test_all_faults_are_told_at_once(text: str, messages: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        read(text)
    assert [message for message in messages if message not in plain(caught.value.blocks)] == []
    assert len(plain(caught.value.blocks)) < 3000


@pytest.mark.parametrize("piece", [" ", " x", '"', "a", "a(", " -- ", "[", "{"])
@pytest.mark.parametrize("start", ["graph TD; a --", "graph TD; a(", "digraph {a "])
def test_a_drawing_that_never_ends_is_read_in_proportion_to_its_length(start, piece):
    def seconds(length):
        begin = time.process_time()
        drawn(start + length // len(piece) * piece)
        return time.process_time() - begin

    # Four times the length takes 16 times as long where time is quadratic in it.
    assert any(seconds(SHORT) < 8 * max(seconds(SHORT // 4), 0.01) for _ in range(3))
