"""Rows that any reader reads back, and no spreadsheet computes."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given, strategies as st

from grader.reporters import visible


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("n^2 + 3n", "n^2 + 3n"),
        ("=1+1", "'=1+1"),
        ("+n", "'+n"),
        ("-J_bar", "'-J_bar"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1+1", "'  =1+1"),
        ("\t=1+1", "' =1+1"),
        ("\r\n=1+1", " ⏎ =1+1"),
        ("＝1+1", "'＝1+1"),
        ("-3", "-3"),
        ("+0.25", "+0.25"),
        ("-3+cmd|' /C calc'!A0", "'-3+cmd|' /C calc'!A0"),
        ("[1 2; -3 4]", "[1 2; -3 4]"),
        ("n;=1+1;@x", "n;'=1+1;'@x"),
        ('say "n"', 'say "n"'),
        ("a\x00b\u202ec", "a⟨U+0000⟩b⟨U+202E⟩c"),
        ("", ""),
    ],
)
def test_cells(typed, shown):
    assert visible.cell(typed) == shown


TYPED = st.one_of(st.text(alphabet='",;=+-@ \t\r\n\\a1', max_size=20), st.text())


@given(st.lists(TYPED, min_size=1))
@example(['say "n"', '"', '","', 'a",b'])
def test_rows_read_back_and_start_no_formula(cells):
    line = visible.row(cells)
    assert line.count("\n") == 1
    ((*back,),) = csv.reader(io.StringIO(line, newline=""), strict=True)
    assert back == [visible.cell(cell) for cell in cells]
    for cell in back:
        start = cell.lstrip()[:1]
        assert start not in {"=", "@", "\t", "\r"}
        assert start not in {"+", "-"} or float(cell) is not None
