"""The page of one submission: everything shown, nothing a student typed acts, nothing is fetched."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from grader.report import Finding, ItemReport, Paragraph, PartReport, Report, Table, Taken, Verbatim, Verdict, correct
from grader.reporters import html, visible
from grader.reporters.html import pictures

LOOK = (Path(html.__file__).parent / "templates" / "look.css").read_text()
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)>\" onload='x' {{7*7}} \u202egnp.exe\x00 ]]> </style>"


class Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.data: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "action", "data"}]

    def handle_data(self, data):
        self.data.append(data)


def outline(page: str) -> Outline:
    parsed = Outline()
    parsed.feed(page)
    parsed.close()
    return parsed


def network(text: str = "0") -> dict:
    return {
        "kind": "network",
        "inputs": {"x1": text, "x2": "1"},
        "expected": "1",
        "given": text,
        "layers": [
            {
                "units": [{"pre_activation": text, "activation": text, "function": text}] * 2,
                "weights": [[text, "-2"]] * 2,
                "biases": ["0", text],
            },
            {
                "units": [{"pre_activation": "1", "activation": "1", "function": "z"}],
                "weights": [["1", "0"]],
                "biases": ["0"],
            },
        ],
    }


def report(text: str, mathml: str = "") -> Report:
    blocks = (Paragraph(text), Verbatim(text), Table((text, "b"), ((text, "1"),), caption=text))
    shapes = (
        network(text),
        {"kind": "graph", "nodes": ["x"], "edges": [["x", text]], "missing": [], "extra": []},
        None,
    )
    items = tuple(
        ItemReport(text, text, text, Fraction(1), Finding(verdict, blocks, "n", exhibit=shapes[number % 3]), text, text,
                   mathml, 3)
        for number, verdict in enumerate(verdict for verdict in Verdict if verdict is not Verdict.CORRECT)
    )  # fmt: skip
    return Report(text, (PartReport(text, text, items),), blocks, (text,))


@pytest.mark.parametrize(
    "text", [ATTACK, "javascript:alert(1)", "\u2028\u2029\u0085", "&lt;script&gt;", "]]>", "\ud800"]
)
def test_nothing_typed_becomes_markup(text):
    plain, page = (
        html.render(report("plain"), "plain"),
        html.render(report(text, f"<math><mi>{text}</mi></math>"), text),
    )
    assert "<script" not in page
    expected, found = outline(plain), outline(page)
    assert set(found.tags) <= set(expected.tags) | {"math", "mi", "title"}
    assert not {name for name in found.attributes if name.startswith("on")}
    assert all(address.startswith("#") for address in found.addresses)
    assert "\u202e" not in page
    assert "\x00" not in page


@given(st.text(max_size=60))
def test_any_text_leaves_the_outline_of_the_page_alone(text):
    def shape(page: str) -> list[str]:
        return [tag for tag in outline(page).tags if tag not in {"text", "title", "line", "circle", "path", "tspan"}]

    typed = f"x{text}"
    assert shape(html.render(report(typed), typed)) == shape(html.render(report("x y"), "x y"))


def test_page_fetches_nothing():
    page = html.render(report("x"))
    assert "default-src 'none'" in page
    assert not re.findall(r"(?:src|href)=\"(?!#)", page)
    assert "url(http" not in page
    assert "@import" not in page


def test_page_says_everything_about_an_item():
    finding = Finding(Verdict.PARTIAL, (Paragraph("At n = 1 yours gives 1."),), "formula.growth", Fraction(1, 2))
    item = ItemReport(
        "2.3.x", "2.3", "count", Fraction(1, 3), finding, "½n", "1/2 n", "<math><mi>n</mi></math>", 7, "hidden"
    )
    page = html.render(Report("Homework", (PartReport("2.3", "Cost", (item,)),)), "Ada")
    text = " ".join("".join(outline(page).data).split())
    for expected in (
        "Homework",
        "Ada",
        "2.3.x",
        "partial",
        "0.167 / 0.333",
        "½n",
        "line 7",
        "At n = 1 yours gives 1.",
        "hidden",
    ):
        assert expected in text
    assert "<math><mi>n</mi></math>" in page


def test_faults_are_shown_apart():
    page = html.render(Report("T", (), faults=("ZeroDivisionError somewhere",)))
    assert "A fault of the grader" in page
    assert "ZeroDivisionError" in page


@pytest.mark.parametrize(
    "mathml",
    [
        "<math><script>alert(1)</script></math>",
        "<math><annotation-xml encoding='text/html'><img/></annotation-xml></math>",
        "<math><mi>n</mi>",
        "<svg><mi>n</mi></svg>",
        '<!DOCTYPE math [<!ENTITY a "aaaa">]><math><mi>&a;</mi></math>',
        "",
    ],
)
def test_unknown_mathematics_falls_back_to_text(mathml):
    assert html.mathematics(mathml, "n < 2") == '<span class="understood-text">n &lt; 2</span>'


def test_mathematics_keeps_structure_and_drops_handlers():
    given_ = (
        "<math xmlns='http://www.w3.org/1998/Math/MathML' onclick='x()'><mfrac><mn>1</mn><mo>&lt;</mo></mfrac></math>"
    )
    assert html.mathematics(given_) == "<math><mfrac><mn>1</mn><mo>&lt;</mo></mfrac></math>"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("n^2", "n^2"),
        ("a\tb\n", "a\tb\n"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\x1b[31m", "⟨U+001B⟩[31m"),
        ("\u200bn", "⟨U+200B⟩n"),
        ("é ∘ ȳ 😀", "é ∘ ȳ 😀"),
        ("\r", "⟨U+000D⟩"),
        ("a\u3164b\u2800", "a⟨U+3164⟩b⟨U+2800⟩"),  # letters that look like a blank
        ("a" + 5 * "\u0301" + "b\u0301", "a" + 3 * "\u0301" + 2 * "⟨U+0301⟩" + "b\u0301"),
    ],
)
def test_unseen_characters_are_shown(raw, shown):
    assert visible.text(raw) == shown


def test_long_text_is_cut_and_counted():
    assert visible.text("n" * 1500, limit=10) == "nnnnnnnnnn … (1,490 more characters)"


def test_trace_shows_every_value_and_no_zero_weight():
    drawn = pictures.network(network("3"))
    for expected in ("x1 = 3", "z = 3", "φ(z) = 3", "bias 3", "given 3", "expected 1"):
        assert expected in drawn
    assert drawn.count("<line") == 5
    assert drawn.count("weight minus") == 2


def test_large_networks_leave_units_and_layers_out_and_say_so():
    unit = {"pre_activation": "1", "activation": "1", "function": "relu"}
    layer = {"units": [unit] * 1000, "weights": [], "biases": []}
    drawn = pictures.network(
        {"kind": "network", "inputs": {"x": "1"}, "expected": "1", "given": "0", "layers": [layer] * 50}
    )
    assert "⋮ 989 more" in drawn
    assert "… 45 more layers" in drawn
    assert len(drawn) < 60_000


def test_a_graph_looks_as_it_should_be_whatever_does_not_belong():
    whole = {"kind": "graph", "nodes": ["x", "z", "h"], "edges": [["x", "z"], ["x", "h"]], "missing": [], "extra": []}
    lacking = {**whole, "edges": [["x", "h"]], "missing": [["x", "z"]], "extra": [["z", "h"], ["h", "x"]]}
    circles = [re.findall('<circle[^>]*cy="([^"]*)"', pictures.graph(exhibit)) for exhibit in (whole, lacking)]
    assert circles[0] == circles[1]
    assert len(set(circles[0])) == 2


def test_graph_marks_each_kind_of_edge():
    drawn = pictures.graph({"kind": "graph", "nodes": ["x", "z", "h"], "edges": [["x", "z"], ["x", "h"]],
                        "missing": [["z", "h"]], "extra": [["x", "h"]]})  # fmt: skip
    assert drawn.count('class="edge given"') == 1
    assert drawn.count('class="edge missing"') == 1
    assert drawn.count('class="edge extra"') == 1
    assert "missing: z → h; extra: x → h" in drawn


names = st.sampled_from("abcdefgh")


@given(st.lists(st.tuples(names, names), max_size=25, unique=True), st.lists(st.tuples(names, names), max_size=6))
def test_layout_keeps_nodes_apart_whatever_the_edges(edges, loose):
    places, paths = pictures.place(list("abcdefgh"), edges, [edge for edge in loose if edge not in edges])
    nodes = [places[(node,)] for node in "abcdefgh"]
    for layer in {y for _, y in nodes}:
        row = sorted(x for x, y in nodes if y == layer)
        assert all(right - left > 0.99 for left, right in itertools.pairwise(row))
    for (source, target), path in paths.items():
        assert (path[0], path[-1]) == ((source,), (target,))
        assert all(abs(places[b][1] - places[a][1]) == 1 for a, b in itertools.pairwise(path))


@given(st.permutations(list("abcdefgh")), st.data())
def test_edges_of_an_acyclic_graph_all_run_downwards(order, data):
    pairs = [(a, b) for i, a in enumerate(order) for b in order[i + 1 :]]
    edges = data.draw(st.lists(st.sampled_from(pairs), unique=True, max_size=15))
    places, _ = pictures.place(sorted(order), edges, [])
    assert all(places[(source,)][1] < places[(target,)][1] for source, target in edges)


def test_text_stands_out_from_what_is_behind_it():
    def luminance(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    themes = [dict(re.findall(r"--(\w+): (#\w{3,6});", rules)) for rules in re.findall(r":root \{(.*?)\}", LOOK, re.S)]
    assert len(themes) == 3  # light, dark, print
    for theme in themes:
        colours = {name: colour if len(colour) == 7 else "#" + colour[1] * 6 for name, colour in theme.items()}
        for text in (*map(str, Verdict), "ink", "soft", "accent"):
            for ground in ("paper", "card", "wash"):
                dark, light = sorted((luminance(colours[text]), luminance(colours[ground])))
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground, colours)


def test_a_self_check_shows_no_points_and_ends_with_what_is_left_to_do():
    outcomes = [
        Finding(Verdict.INVALID, (Paragraph("Here reading stopped."),), "invalid"),
        Finding(Verdict.REVIEW, (Paragraph("for later"),), visible.UNCHECKED),
    ]
    items = [
        ItemReport(f"2.{at}", "2", "", Fraction(1), one, "2n", "2·n", "<math><mi>n</mi></math>")
        for at, one in enumerate(outcomes)
    ]
    whole = Report("A homework", (PartReport("2", "Cost", tuple(items)),), faults=("ZeroDivisionError",))
    page = html.self_check(whole)
    shown = "".join(outline(page[page.index("<body") :]).data)
    assert "A homework: self-check" in shown
    assert "1 of 2 cannot be read: 2.0" in shown
    assert visible.NOT_A_MARK in shown
    assert "Marked after submission." in shown
    assert visible.FAULT in shown
    assert not re.search("points|review|for later|ZeroDivisionError", shown)
    assert "<math" in page
    assert "ZeroDivisionError" in html.render(whole)


def test_beside_the_text_every_place_links_to_its_file_and_line():
    typed = ItemReport("2.2.2.time", "2.2.2", "time", Fraction(1), correct("a"), typed="n", line=7)
    found = replace(typed, taken=Taken("found", "$n$", 'my "main".tex', 12))
    cell = replace(typed, taken=Taken("found", "$n$", "main.ipynb", 3, cell=2))
    shown = html.beside(Report("A homework", (PartReport("2.2.2", "Cost", (typed, found, cell)),)), "answers.yaml")
    assert re.findall(r'<a class="place" href="#" data-file="(.*?)" data-line="(\d+)">', shown) == [
        ("answers.yaml", "7"),
        ("my &#34;main&#34;.tex", "12"),
    ]
    assert "found in main.ipynb, cell 2, line 3" in shown
    assert "style=" not in shown
    assert "<html" not in shown
