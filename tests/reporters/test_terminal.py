"""The terminal's report: the same words in a pipe and on a screen, and nothing that acts on the terminal."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from grader.report import Finding, ItemReport, Paragraph, PartReport, Report, Table, Verbatim, Verdict
from grader.reporters import terminal, visible

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def report(*blocks, typed="n^2+3n", understood="n² + 3·n", title="Product: multiplications", **rest):
    finding = Finding(Verdict.PARTIAL, blocks, "formula.same_growth", Fraction(1, 2))
    items = tuple(
        ItemReport(name, "2.3", title, Fraction(1, 5), finding, typed, understood, "", 7)
        for name in ("2.3.reverse.time", "2.3.forward.time")
    )
    return Report("A homework", (PartReport("2.3", "Product", items),), **rest)


EXPECTED = """\
A homework                                                     0.2 of 0.4 points

--------------------------------------------------------------------------------
2.3 Product                                                           0.2 of 0.4

  partial    2.3.reverse.time  multiplications                        0.1 of 0.2
    line 7   2n)
    read as  2·n
    Reading stopped here:
      2n)
        ^
      n  yours  expected
      1  2      3

  partial    2.3.forward.time  multiplications                        0.1 of 0.2
    line 7   2n)
    read as  2·n
    Reading stopped here:
      2n)
        ^
      n  yours  expected
      1  2      3

--------------------------------------------------------------------------------
Total                                                          0.2 of 0.4 points
2 partial
"""
BLOCKS = (
    Paragraph("Reading stopped here:"),
    Verbatim("2n)\n  ^"),
    Table(("n", "yours", "expected"), (("1", "2", "3"),)),
)


def test_a_report_in_a_pipe():
    assert terminal.render(report(*BLOCKS, typed="2n)", understood="2·n")) == EXPECTED


def test_colour_changes_no_word():
    plain = terminal.render(report(*BLOCKS))
    coloured = terminal.render(report(*BLOCKS), colour=True)
    assert coloured != plain
    assert COLOUR.sub("", coloured).replace("─", "-").split() == plain.split()


@pytest.mark.parametrize("width", [1, 10, 20, 24])
@pytest.mark.parametrize("show", [terminal.render, terminal.self_check])
def test_nothing_goes_missing_where_it_is_narrow(width, show):
    wide, narrow = (re.sub(r"[\s-]", "", show(report(*BLOCKS), width=columns)) for columns in (80, width))
    assert sorted(narrow) == sorted(wide)


def test_no_line_ends_in_blanks():
    assert not re.search(r" (\x1b\[[0-9;]*m| )*$", terminal.self_check(report(*BLOCKS), colour=True), re.MULTILINE)


def test_self_check_names_no_points():
    shown = terminal.self_check(report(*BLOCKS))
    assert "0.2" not in shown
    assert "Total" not in shown
    assert "point" not in shown


def test_self_check_says_what_is_only_read():
    finding = Finding(Verdict.REVIEW, (Paragraph("for later"),), visible.UNCHECKED)
    item = ItemReport("2.2.2.time", "2.2.2", "", Fraction(1), finding, "2n^2", "2·n²")
    shown = terminal.self_check(Report("A homework", (PartReport("2.2.2", "Cost", (item,)),)))
    assert re.search(r"^  read .* marked after submission$", shown, re.MULTILINE)
    assert "2·n²" in shown
    assert "review" not in shown


def test_self_check_ends_with_what_is_left_to_do():
    outcomes = [
        Finding(Verdict.INVALID, (), "invalid"),
        Finding(Verdict.CORRECT, (), "right", Fraction(1)),
        Finding(Verdict.MISSING, (), "missing"),
        Finding(Verdict.INVALID, (), "invalid"),
        Finding(Verdict.REVIEW, (), visible.UNCHECKED),
    ]
    items = [ItemReport(f"2.{at}", "2", "", Fraction(1), one) for at, one in enumerate(outcomes)]
    shown = terminal.self_check(Report("A homework", (PartReport("2", "Cost", tuple(items)),)))
    assert "2 of 5 cannot be read: 2.0, 2.3\n1 of 5 unanswered: 2.2\n\nThis is not a mark" in shown
    shown = terminal.self_check(Report("A homework", (PartReport("2", "Cost", (items[1], items[4])),)))
    assert "All 2 answers can be read." in shown


def test_faults_are_for_the_instructor():
    assert "ZeroDivisionError" in terminal.render(report(faults=("ZeroDivisionError",)))
    assert "ZeroDivisionError" not in terminal.self_check(report(faults=("ZeroDivisionError",)))
    assert "fault" in terminal.self_check(report(faults=("ZeroDivisionError",)))


@pytest.mark.parametrize("width", [40, 80, 100])
def test_prose_keeps_to_the_width(width):
    shown = terminal.render(report(Paragraph("word " * 100), messages=(Paragraph("x" * 300),)), width=width)
    assert max(len(line) for line in shown.splitlines()) <= width


def test_columns_are_never_reflowed():
    rows = ("x" * 120, "  ^")
    shown = terminal.render(report(Verbatim("\n".join(rows))), width=40)
    kept = [line.removeprefix("      ") for line in shown.splitlines() if "xx" in line or line.endswith(" ^")]
    assert kept == [*rows, *rows]


HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("\x1b[31m]0;\x07\x08\r\n\t\x7f\x9b\u202e\u2066\u200b[/bold]:n"), st.characters()
    ),
    max_size=120,
)


@given(HOSTILE)
def test_nothing_typed_acts_on_the_terminal(typed):
    shown = terminal.render(
        report(
            Paragraph(typed),
            Verbatim(typed),
            Table((typed,), ((typed,),), caption=typed),
            typed=typed,
            understood=typed,
            title=typed,
            messages=(Paragraph(typed),),
            faults=(typed,),
        )
    )
    acting = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not [character for character in shown if character != "\n" and unicodedata.category(character) in acting]


def test_markup_of_the_terminal_library_is_text():
    assert "[bold]2n[/bold] :smile:" in terminal.render(report(Paragraph("[bold]2n[/bold] :smile:")))


@given(HOSTILE)
def test_the_same_report_gives_the_same_text(typed):
    assert terminal.render(report(Paragraph(typed))) == terminal.render(report(Paragraph(typed)))
