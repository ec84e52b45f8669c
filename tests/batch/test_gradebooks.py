"""Marks in the tables of Canvas, Moodle and Brightspace: one column changes, and nothing else by a single byte."""

from __future__ import annotations

import csv
import io

import pytest
import small_homework
from click.testing import CliRunner
from hypothesis import given, strategies as st

from grader import cli
from grader.batch import gradebooks
from grader.batch.gradebooks import Marked
from grader.batch.roster import Submitter

ADA = Marked(Submitter("Ada Lovelace", "00123", "ada@example.edu"), "submission_1", "5.5", False)
ALAN = Marked(Submitter("Alan Turing", "", ""), "alan", "4", True)
EVE = Marked(Submitter("Eve", "999", "eve@example.edu"), "eve", "1", False)

CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Other (1),Small (4711),Current Score (read only)\r\n"
    "    Points Possible,,,,,10,2.0,(read only)\r\n"
    '"Lovelace, Ada",77,00123,ada,"A ""1""",3,,x\r\n'
    '"Turing, Alan",78,00456,alan,A,,"3",\r\n'
    '"O\'Hara, Zoë",79,,zoe,A,,,\r\n'
    '"Student, Test",80,,,A,,,\r\n'
)
MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Feedback comments\n"
    'Participant 4711,Ada Lovelace,ada@example.edu,"Submitted, ok",,2.00,Yes,"two\nlines"\n'
    "Participant 4712,Alan Turing,a@example.edu,,,2.00,Yes,\n"
)
BRIGHTSPACE = (
    "OrgDefinedId,Username,Last Name,First Name,Small Points Grade <Numeric MaxPoints:2>,End-of-Line Indicator\r\n"
    "#00123,#ada,Lovelace,Ada,,#\r\n#00456,#alan,Turing,Alan,1,#\r\n"
)


def filled(platform, text, people=(ADA, ALAN, EVE), **more):
    return gradebooks.into(platform, text.encode(), "Small", list(people), **more)


def test_canvas():
    found = filled("canvas", CANVAS)
    written = found.data.decode()
    assert written == CANVAS.replace('""1""",3,,x', '""1""",3,5.5,x').replace(',"3",', ',"4",')
    assert (found.column, found.written, found.waiting) == ("Small (4711)", 2, 1)
    assert found.unmatched == ("Eve (eve)",)
    assert found.unmarked == ("O'Hara, Zoë",)


def test_moodle():
    found = filled("moodle", MOODLE)
    assert found.data.decode() == MOODLE.replace('ok",,', 'ok",5.5,').replace(",,,2.00", ",,4,2.00")
    by_number = Marked(Submitter("Somebody", "4712"), "Somebody_4712", "0", False)
    assert "a@example.edu,,0,2.00" in filled("moodle", MOODLE, [by_number]).data.decode()


def test_brightspace():
    found = filled("brightspace", BRIGHTSPACE)
    assert found.data.decode() == BRIGHTSPACE.replace("Ada,,#", "Ada,5.5,#").replace("Alan,1,#", "Alan,4,#")


def test_a_name_that_two_have_is_nobodys():
    twins = CANVAS + '"Turing, Alan",81,,,B,,,\r\n'
    assert filled("canvas", twins).unmatched == ("Alan Turing (alan)", "Eve (eve)")
    two = [ALAN, Marked(Submitter("Turing Alan"), "other", "1", False)]
    assert len(filled("canvas", CANVAS, two).unmatched) == 2


def test_names_as_canvas_downloads_have_them():
    one = Marked(Submitter("turingalan", "78"), "turingalan_78", "1", False)
    other = Marked(Submitter("oharazoë", "5"), "oharazoë_5", "2", False)
    found = filled("canvas", CANVAS, [one, other])
    assert found.unmatched == ()
    assert ',"1",' in found.data.decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_other_bytes_stay(encoding, delimiter):
    text = MOODLE.replace(",", delimiter).replace("two", "zwölf")
    data = ("\ufeff" + text if encoding == "utf-16-le" else text).encode(encoding)
    found = gradebooks.into("moodle", data, "Small", [ADA])
    assert found.data.decode(encoding).replace(f"{delimiter}5.5{delimiter}", delimiter * 2).encode(encoding) == data


@pytest.mark.parametrize(
    ("platform", "text", "column", "message"),
    [
        ("canvas", CANVAS.replace("Small", "Else"), "", "which column is it.*Other .1.; Else .4711."),
        ("canvas", CANVAS, "Third", "no column 'Third'"),
        ("canvas", CANVAS, "ID", "no column 'ID' for marks"),
        ("moodle", "a,b\n1,2\n", "", "none of the columns"),
        ("moodle", "", "", "none of the columns"),
    ],
)
def test_what_is_no_gradebook_is_said(platform, text, column, message):
    with pytest.raises(gradebooks.Unsuitable, match=message):
        filled(platform, text, column=column)


CELLS = st.lists(st.lists(st.text("ab,;\"\n 'é", max_size=6), min_size=3, max_size=3), max_size=6)


@given(CELLS, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_rows_are_those_that_a_reader_of_csv_finds(cells, end, every):
    stream = io.StringIO()
    quoting = csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL
    csv.writer(stream, lineterminator=end, quoting=quoting).writerows([["a", "b", "c"], *cells])
    text = stream.getvalue()
    found = [[cell.value for cell in row] for row in gradebooks._rows(text)]
    assert found == [["a", "b", "c"], *cells]


def test_the_command_fills_in_the_file(tmp_path):
    homework = small_homework.write(tmp_path)
    small_homework.a_class(tmp_path / "in", 3)
    words = ["--config", str(homework.config_file)]
    assert (
        CliRunner().invoke(cli.main, ["batch", str(tmp_path / "in"), "--out", str(tmp_path / "out"), *words]).exit_code
        == 0
    )
    file = tmp_path / "grades.csv"
    file.write_text("Student,ID,Small (1)\nstudent_001,1,\nnobody,2,\n")
    done = CliRunner().invoke(cli.main, ["export", "canvas", str(tmp_path / "out"), "--into", str(file)])
    assert done.exit_code == 0, done.output
    assert file.read_text() == "Student,ID,Small (1)\nstudent_001,1,2\nnobody,2,\n"
    assert "2 not in the gradebook" in done.output
    assert "1 without a mark:\n  nobody" in done.output
    for platform in ("canvas", "moodle", "brightspace"):
        assert CliRunner().invoke(cli.main, ["export", platform, str(tmp_path / "out")]).exit_code == 0
    assert (tmp_path / "out/brightspace.csv").read_text().startswith('"OrgDefinedId","Username","Small Points Grade"')
    wrong = CliRunner().invoke(cli.main, ["export", "canvas", str(tmp_path)])
    assert wrong.exit_code == 2
