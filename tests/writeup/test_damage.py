"""Right write-ups, damaged at random: whatever is taken from what is left, nothing crashes and no one loses by it."""

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from grader import answers, grading, writeup
from grader.assignment import config
from grader.assignment.answer_key import load

ROOT = Path(__file__).parents[2]
CONFIG = config.load(ROOT / "config.yaml")
MARKDOWN = r"""
# 2.2.2 Cost
Time: $n^2$, and the memory is $n^2 + n$.
# 2.3
> $z^T = [6, 12, 18]$
| | time | memory |
|---|---|---|
| reverse | $2n$ | $3n+1$ |
- Forward mode: the cost is $2n^2$ for time and
$$ n^2 + 3n $$ for memory.
## 2.4
Forward mode is better when $m > n$, reverse mode when $m < n$. <!-- time $n$ --> ~~time~~ `code`
"""
LATEX = r"""
\documentclass{article}\newcommand{\nn}[1]{n^{#1}}
\begin{document}
\section*{2.2.2} % time $n$
\begin{itemize} \item Time: $\nn{2}$ \item Memory: \fbox{$\nn{2} + n$} \end{itemize}
\section*{2.3} \[ z = \begin{pmatrix} 6 \\ 12 \\ 18 \end{pmatrix} \]
\begin{tabular}{c|cc} & time & memory \\ \hline reverse & $2n$ & $3n+1$ \\ forward & $2n^2$ & $n^2+3n$ \end{tabular}
\section*{2.4} \sout{time $n$} Forward mode is better when $m > n$. \iffalse $m < n$ \fi
\end{document}
"""
NOTEBOOK = json.dumps(
    {"cells": [{"cell_type": "markdown", "source": [MARKDOWN]}, {"cell_type": "code", "source": "n"}]}
)
FILES = {"main.tex": LATEX, "answers.md": MARKDOWN, "main.ipynb": NOTEBOOK}
PIECES = ["$", "$$", "\\", "{", "}", "\n\n", "\n", "`", "```", "~~", "#", "|", "%", "\\[", "\\]", "\\begin{align}", "&"]
PIECES += [
    "\\end{document}",
    "\\iffalse",
    "\\else",
    "\\fi",
    "\\input{main}",
    "\\def\\a{\\a}\\a",
    "<table>",
    "</td>",
    ">",
    "\0",
]


@cache
def homework():
    return grading.Homework(CONFIG, load(ROOT / "reference", CONFIG)).prepare()


@st.composite
def damaged(draw, text):
    """A text with some stretches cut out, doubled or moved, and some signs put in."""
    for _ in range(draw(st.integers(1, 4))):
        low = draw(st.integers(0, len(text)))
        high = min(len(text), low + draw(st.integers(0, 40)))
        kind = draw(st.sampled_from(["cut", "double", "put in", "swap"]))
        middle = {"cut": "", "double": 2 * text[low:high], "swap": text[low:high][::-1]}.get(kind, text[low:high])
        text = text[:low] + (draw(st.sampled_from(PIECES)) if kind == "put in" else "") + middle + text[high:]
    return text


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_damaged_write_up_never_stops_the_reader(name, data):
    text = data.draw(damaged(FILES[name]))
    try:
        read = writeup.read(name, {name: text}, CONFIG)
    except writeup.Unreadable:
        return
    for item, field in read.fields:
        for one in read.best(item, field):
            place = read.sources.place(one.text.start)
            assert place.file == name
            assert place.line <= text.count("\n") + text.count("\\n") + 1
            assert read.sources.typed(one.text)


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_nobody_loses_by_a_damaged_write_up(name, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("damaged")
    (folder / name).write_text(data.draw(damaged(FILES[name])), encoding="utf-8")
    verdicts = {str(item.finding.verdict) for item in grading.mark(answers.of(folder, CONFIG), homework()).items}
    assert verdicts <= {"correct", "partial", "review", "missing"}
