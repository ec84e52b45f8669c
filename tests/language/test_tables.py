"""The kept tables of the parser are those of the grammar, and a changed grammar counts at once."""

import json

import pytest
from lark import Token, UnexpectedToken

from grader.language import parsing, reading
from grader.language.building import Builder
from grader.language.unreadable import Unreadable

NAMES = ("n", "m")
TEXTS = (
    "2n^2 + 3n(m - 1)", "-n", "n^-2", "log_2 n", "sin^2 n m", "\\frac{n}{m+1}", "\\sqrt[3]{n}", "|n - m|", "n!",
    "\\lfloor n/2 \\rfloor", "n if n > m else m", "[1, 2; 3, 4]", "O(n^2)", "n(", "n + ", "n * / m", ")", "2 n, m", "",
)  # fmt: skip


def read(text):
    try:
        return reading.formula(text, NAMES).node
    except Unreadable as error:
        return error.blocks()


def counted(text):
    """The tables without the order of their states, which differs from run to run."""
    kept = json.loads(text)
    states = kept["data"]["parser"]["parser"]["states"].values()
    rules = sorted(json.dumps(rule, sort_keys=True) for rule in kept["rules"].values())
    return kept["origin"], rules, sorted(map(len, states))


def test_the_kept_tables_are_those_of_the_grammar():
    kept = counted(parsing.FILE.read_text(encoding="utf-8"))
    assert kept == counted(parsing.text()), "make tables writes them anew"


def test_the_kept_tables_read_as_the_grammar_does(monkeypatch):
    kept = [read(text) for text in TEXTS]
    made = parsing.made(Builder())
    monkeypatch.setattr(parsing, "_parser", lambda: made)
    assert [read(text) for text in TEXTS] == kept


def test_a_changed_grammar_counts_at_once(tmp_path, monkeypatch):
    product = [Token("NUMBER", "2", start_pos=0, end_pos=1), Token("NAME", "n", start_pos=1, end_pos=2)]
    parsing.parser(None).parse(product, start="single")
    without = tmp_path / "grammar.lark"
    rule = "| factor factor+                               -> adjacent"
    assert rule in parsing.GRAMMAR.read_text(encoding="utf-8")
    without.write_text(parsing.GRAMMAR.read_text(encoding="utf-8").replace(rule, ""), encoding="utf-8")
    monkeypatch.setattr(parsing, "GRAMMAR", without)
    with pytest.raises(UnexpectedToken):
        parsing.parser(None).parse(product, start="single")
