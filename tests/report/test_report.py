"""A report survives the way to data and back, whatever it holds; what is no report is refused."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st

from grader.report import (
    Finding,
    ItemReport,
    Paragraph,
    PartReport,
    Report,
    Table,
    Taken,
    Verbatim,
    Verdict,
    from_record,
    hints,
    to_record,
)

text = st.text(max_size=20)
fractions = st.fractions(min_value=0, max_value=1)
blocks = st.one_of(
    st.builds(Paragraph, text),
    st.builds(Verbatim, text),
    st.builds(Table, st.tuples(text, text), st.lists(st.tuples(text, text), max_size=3).map(tuple), text),
)
json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | text, lambda inner: st.lists(inner) | st.dictionaries(text, inner)
)
verdicts = st.sampled_from([verdict for verdict in Verdict if verdict is not Verdict.CORRECT])
findings = st.one_of(
    st.builds(
        Finding,
        verdicts,
        st.lists(blocks, max_size=3).map(tuple),
        text,
        fractions,
        text,
        st.none() | st.dictionaries(text, json_data, max_size=3),
    ),
    st.builds(Finding, st.just(Verdict.CORRECT), st.just(()), text, st.just(Fraction(1))),
)
items = st.builds(
    ItemReport,
    text,
    text,
    text,
    fractions,
    findings,
    text,
    text,
    text,
    st.none() | st.integers(1, 10**6),
    st.sampled_from(["visible", "hidden", "after_due_date", "after_published"]),
)
parts = st.builds(PartReport, text, text, st.lists(items, max_size=3).map(tuple))
reports = st.builds(
    Report,
    text,
    st.lists(parts, max_size=3).map(tuple),
    st.lists(blocks, max_size=2).map(tuple),
    st.lists(text, max_size=2).map(tuple),
)


@given(reports)
def test_a_report_comes_back_as_it_was(report: Report) -> None:
    assert from_record(Report, json.loads(json.dumps(to_record(report)))) == report


@given(items)
def test_an_item_comes_back_as_it_was(item: ItemReport) -> None:
    assert from_record(ItemReport, json.loads(json.dumps(to_record(item)))) == item


@given(json_data)
def test_what_is_no_record_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="Report"):
        from_record(Report, data)
    with pytest.raises(ValueError, match="ItemReport"):
        from_record(ItemReport, data)


@pytest.mark.parametrize(
    ("field", "value"),
    [("points", "1/0"), ("points", "one"), ("title", None), ("finding", {}), ("finding", [])],
)
def test_a_spoilt_item_is_refused(field: str, value: Any) -> None:
    whole = to_record(ItemReport("1.1", "1.1", "t", Fraction(1), Finding(Verdict.REVIEW, (), "note")))
    with pytest.raises(ValueError, match="ItemReport"):
        from_record(ItemReport, {**whole, field: value})


def test_a_credit_above_one_is_refused() -> None:
    whole = to_record(ItemReport("1.1", "1.1", "t", Fraction(1), Finding(Verdict.REVIEW, (), "note")))
    with pytest.raises(ValueError, match="ItemReport"):
        from_record(ItemReport, {**whole, "finding": {**whole["finding"], "credit": "2"}})


def hinted(*blocks: Paragraph | Table) -> Finding:
    finding = Finding(Verdict.PARTIAL, blocks, "code", Fraction(1, 2), "c", {"kind": "graph"})
    item = ItemReport("1.1", "1.1", "t", Fraction(1), finding)
    return hints(Report("t", (PartReport("1.1", "t", (item,)),))).items[0].finding


def test_hints_say_less_and_draw_nothing() -> None:
    table = Table(("a",), (("1",),), hint="A table of it.")
    found = hinted(Paragraph("plain"), Paragraph("told", "hinted"), Paragraph("how to mend it", ""), table)
    blocks = (Paragraph("plain"), Paragraph("hinted"), Paragraph("A table of it."))
    assert found == Finding(Verdict.PARTIAL, blocks, "code", Fraction(1, 2), "c", None)


def test_what_gives_nothing_away_stays_as_it_is() -> None:
    assert hinted(Paragraph("plain")).exhibit == {"kind": "graph"}


@pytest.mark.parametrize(
    ("verdict", "credit"),
    [(Verdict.PARTIAL, Fraction(-1, 2)), (Verdict.PARTIAL, Fraction(3, 2)), (Verdict.CORRECT, Fraction(1, 2))],
)
def test_a_finding_that_contradicts_itself_cannot_be_made(verdict: Verdict, credit: Fraction) -> None:
    with pytest.raises(ValueError, match="credit"):
        Finding(verdict, (), "code", credit)


@pytest.mark.parametrize(
    ("line", "taken", "place"),
    [
        (None, None, ""),
        (7, None, "line 7"),
        (7, Taken("found", "2n", "main.tex", 12), "found in main.tex, line 12"),
        (None, Taken("marked", "2n", "hw.ipynb", 2, cell=3), "marked in hw.ipynb, cell 3, line 2"),
    ],
)
def test_an_item_says_where_its_answer_stands(line: int | None, taken: Taken | None, place: str) -> None:
    finding = Finding(Verdict.REVIEW, (), "code")
    assert ItemReport("1.1", "1.1", "t", Fraction(1), finding, line=line, taken=taken).place == place
