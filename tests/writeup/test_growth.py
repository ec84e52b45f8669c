"""Hostile write-ups: what is opened and never closed is read in proportion to its length, and crashes nothing."""

import contextlib
import gc
import time
from pathlib import Path

import pytest

from grader import writeup
from grader.assignment import config
from grader.writeup.sources import Sources

CONFIG = config.load(Path(__file__).parents[2] / "config.yaml")
MARKDOWN = [
    "$ a ",
    "$$ x",
    "$$\n",
    "\\[ a ",
    "\\( a ",
    "~~a ",
    "<del>a ",
    "<sup>a",
    "`",
    "[",
    "![[a",
    "<a ",
    "%% a ",
    "2.3 a\n",
]
MARKDOWN += [
    "\\begin{align} ",
    "\\begin{tabular} & ",
    "<table><tr><td>a<!-- ",
    "# 2.3\n",
    "2.3.z: $6$\n",
    "> ",
    "time $n$, ",
    "mode forward\n\n",
    "reverse mode time $n$, wait $n$. ",
]
LATEX = [
    "$ a ",
    "\\[ a ",
    "{",
    "\\begin{align} a ",
    "\\begin{tabular} a & ",
    "\\begin{",
    "\\section{",
    "\\section{{a ",
    "\\hline ",
    "\\iffalse a ",
]
LATEX += [
    "\\footnote[",
    "\\answer{",
    "\\boxed{",
    "\\verb|a ",
    "\\def\\a{\\a}\\a ",
    "\\let\\a\\a\\a ",
    "\\begin{align} a & ",
    "_",
    "*",
]
STEPS = 8


def seconds(name, text):
    gc.disable()  # what other tests have left in memory is looked through again and again
    begin = time.process_time()
    with contextlib.suppress(writeup.Unreadable):
        writeup.read(name, {name: text}, CONFIG)
    spent = time.process_time() - begin
    gc.enable()
    return spent


@pytest.mark.parametrize(
    ("name", "piece"),
    [*(("answers.md", piece) for piece in MARKDOWN), *(("main.tex", piece) for piece in LATEX)],
    ids=lambda value: ascii(value)[1:-1],
)
def test_time_grows_with_the_length(name, piece):
    begin = {"answers.md": "# 2.3\n", "main.tex": "\\section*{2.3}\n"}[name]
    count = 4000 // len(piece)
    text = begin + count * piece, begin + STEPS * count * piece
    # Time that is quadratic in the length is 64 times as long. A busy machine may disturb one measurement, not three.
    assert any(seconds(name, text[1]) < 4 * STEPS * max(seconds(name, text[0]), 0.01) for _ in range(3))


def test_the_line_of_a_place_takes_no_longer_in_a_longer_file():
    def spent(lines):
        sources = Sources()
        sources.add("answers.md", "a\n" * lines)
        begin = time.process_time()
        assert {sources.place(2 * lines - 1).line for _ in range(1000)} == {lines}
        return time.process_time() - begin

    assert any(spent(200_000) < STEPS * max(spent(1000), 0.002) for _ in range(3))
