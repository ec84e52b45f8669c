"""What is taken from a write-up, and from where: a table of pieces of write-ups, with the texts a person would take."""

from pathlib import Path

import pytest
from rows import rows

from grader import writeup
from grader.assignment import config

CONFIG = config.load(Path(__file__).parents[2] / "config.yaml")
CASES = rows(__file__, "found.yaml")


def taken(name, text):
    read = writeup.read(name, {name: text}, CONFIG)
    found = {}
    for item, field in read.fields:
        best = read.best(item, field)
        texts = {read.sources.typed(one.text): read.sources.place(one.text.start).line for one in best}
        found[f"{item} {field}".strip()] = next(
            iter([*pair] for pair in texts.items()) if len(texts) == 1 else iter([texts])
        )
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_what_a_person_would_take_is_taken(case):
    name, text = ("main.tex", case["tex"]) if "tex" in case else ("answers.md", case["md"])
    assert taken(name, text) == case["take"]


def test_a_file_that_is_taken_in_may_be_a_document_of_its_own():
    part = "\\documentclass[main]{subfiles}\n\\begin{document}\nTime: $n^2$\n\\end{document}\n"
    files = {"main.tex": "\\begin{document}\n\\section*{2.2.2}\n\\subfile{part}\n\\end{document}", "part.tex": part}
    read = writeup.read("main.tex", files, CONFIG)
    (time,) = read.best("2.2.2.time")
    assert (time.text.text, read.sources.place(time.text.start).line) == ("n^2", 3)
