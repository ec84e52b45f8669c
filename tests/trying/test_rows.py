"""A table of rows gets one answer for each line, in order, whatever a line is."""

import json

import pytest
from hypothesis import given, strategies as st

from grader import kinds, trying
from grader.assignment.config import Shares
from grader.checks.target import Accepted, Target
from grader.language import reading

GOOD = {"id": 7, "kind": "formula", "symbols": ["n"], "reference": "2*n", "text": "2n"}


def tried(*lines):
    def item(name, text):
        if name != "2.3.reverse.time":
            raise trying.Refused(f"there is no item {name!r}")
        return trying.tried("formula", text, Target(reading.formula("2*n", ("n",)).node), ("n",), Shares())

    found = list(trying.rows(lines, item))
    for row in found:
        assert set(row) == {"id", "verdict", "understood", "message"}
        json.loads(json.dumps(row, allow_nan=False))
    return found


def test_a_row_of_a_kind():
    assert tried(json.dumps(GOOD)) == [
        {"id": 7, "verdict": "correct", "understood": "2n", "message": "Equal to the right formula for all n."}
    ]


def test_a_row_of_an_item():
    (found,) = tried(json.dumps({"id": "a", "item": "2.3.reverse.time", "text": "n + n"}))
    assert (found["id"], found["verdict"]) == ("a", "correct")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "not JSON",
        "[]",
        "7",
        "null",
        '"text"',
        "{}",
        '{"id": 1}',
        '{"id": 1, "kind": "formula"}',
        '{"id": 1, "kind": "sonnet", "text": "2n", "reference": "2n"}',
        '{"id": 1, "kind": ["formula"], "text": "2n", "reference": "2n"}',
        '{"id": 1, "kind": "formula", "symbols": "n", "text": "2n", "reference": "2*n"}',
        '{"id": 1, "kind": "formula", "symbols": [1], "text": "2n", "reference": "2*n"}',
        '{"id": 1, "kind": "formula", "symbols": ["n"], "text": 7, "reference": "2*n"}',
        '{"id": 1, "kind": "formula", "symbols": ["n"], "text": null, "reference": "2*n"}',
        '{"id": 1, "kind": "formula", "symbols": ["n"], "text": ["2n"], "reference": "2*n"}',
        '{"id": 1, "kind": "formula", "symbols": ["n"], "text": "2n", "reference": "2*"}',
        '{"id": 1, "kind": "formula", "symbols": ["n"], "text": "2n", "reference": 2}',
        '{"id": 1, "item": "9.9", "text": "2n"}',
        '{"id": 1, "item": 9, "text": "2n"}',
        '{"id": NaN, "item": "2.3.reverse.time", "text": "2n"}',
        '{"id": ' + "9" * 5000 + "}",
        "[" * 100_000,
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
    ],
    ids=lambda line: str(line[:40]),
)
def test_whatever_a_line_is_it_gets_one_answer(line):
    found = tried(json.dumps(GOOD), line, json.dumps(GOOD))
    assert [row["verdict"] for row in found] == ["correct", "invalid", "correct"]
    assert found[1]["message"].startswith("This row was not tried: ")


def test_the_id_is_given_back_as_it_is():
    for identity in (None, 1, 1.5, "x", ["a", {"b": None}], {"k": [1]}, True):
        (found,) = tried(json.dumps({**GOOD, "id": identity}))
        assert found["id"] == identity
    assert tried('{"id": 1e999, "item": "2.3.reverse.time", "text": "2n"}')[0]["id"] == "1e999"


HOSTILE = [
    "9**9**9**9", "1e999999*n", "(n+1)^100000", "((((n+1)^50+1)^50+1)^50+1)^50", "n" * 100_000, "(" * 20_000 + "n",
    "n^" * 3000 + "n", "n!" * 500, "((n!)!)!", "(10^9)!", "\u202en^2", "n\x00", "😀", "\ud800", "2^(2^(2^(2^n)))",
    "1/(n-n)", "log(0)", "log(n-n)", "sqrt(-n)", "(-1)^n", "0^(n-n)", "n^(1/2)^(1/3)", "(n-5)^(1/2)", "0/0",
    "+".join(f"n^{k}" for k in range(90)), "*".join(f"(n+{k})" for k in range(200)), "max(" + ",".join("n" * 300) + ")",
    "floor(n/7)^30*ceil(n/3)^30", "log(log(log(log(n))))", "(n+1)^n/(n^n)", "n^n^n", "exp(exp(n))", "n!/(n-3)!",
    "\\frac{1}{1+\\frac{1}{1+\\frac{1}{n}}}", "{{7*7}}", "__import__('os')", "n.__class__", "2n" + " " * 50_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:30].encode("unicode-escape").decode())
@pytest.mark.parametrize("kind", kinds.FIELDS)
def test_hostile_text_ends_in_a_verdict(kind, text):
    reference = {"condition": "n > 3", "vector": "[1, 2]", "matrix": "[[1, 2], [3, 4]]", "order": "O(n**2)"}
    row = {**GOOD, "kind": kind, "text": text, "reference": reference.get(kind, "n**2")}
    (found,) = tried(json.dumps(row))
    assert found["verdict"] in {"incorrect", "invalid", "review", "partial"}


@given(st.text(alphabet=st.sampled_from("nm0123456789+-*/^(){}[]<>=≤≥.,! \\|OΘΩ²³½√logsqrtfracmaxin_"), max_size=25))
def test_any_text_ends_in_a_verdict(text):
    for kind in ("formula", "order", "condition"):
        reference = {"condition": "m > n", "order": "O(m*n)"}.get(kind, "n*(2*m - 2*n)")
        (found,) = tried(json.dumps({"kind": kind, "symbols": ["n", "m"], "reference": reference, "text": text}))
        assert found["verdict"] in {"correct", "partial", "incorrect", "invalid", "review"}


def test_an_accepted_answer_comes_with_its_message():
    target = Target(
        reading.condition("m > n", ("n", "m")).node,
        (Accepted(reading.condition("m >= n", ("n", "m")).node, Shares().order, "At m = n both cost the same."),),
    )
    found = trying.tried("condition", "n ≤ m", target, ("n", "m"), Shares())
    assert (found["verdict"], found["message"]) == ("partial", "At m = n both cost the same.")
