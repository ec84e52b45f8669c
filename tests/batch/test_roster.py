"""Classes as folders and as Gradescope exports, in the shapes in which they really arrive."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from grader import submission
from grader.assignment.config import Limits
from grader.batch import roster

METADATA = """\
---
submission_101:
  :submitters:
  - :name: Ada Lovelace
    :sid: '00123'
    :email: ada@example.edu
  - :name: Alan Turing
    :sid: 00456
    :email:
  :created_at: 2026-02-01 12:00:00.123456789 Z
  :score: 5.5
  :status: processed
  :results: &1
    score: 5.5
    tests:
    - name: Verify element in list
      number: '1.1'
      score: 1.0
      extra_data:
        item: '1.1'
        verdict: correct
    - {name: Cost, score: '0.5'}
    - {name: Broken, score: }
  :history:
  - :id: 99
    :submitters: []
    :results: *1
submission_102:
  :submitters: []
  :created_at: 2026-02-01 13:00:00.000000000 Z
  :score:
  :status: failed
  :results: {output: boom}
  :history: []
submission_103:
  :submitters:
  - :name: !binary |-
      xIZtaWxpYQ==
    :sid: 7
    :email: e@example.edu
  :score: !ruby/object:BigDecimal 18:0.45e1
  :status: !ruby/symbol processed
"""
ANSWERS = '"1.1": {b2: 2}\n'


def tree(kind: str, folder: Path, files: dict[str, str]) -> Path:
    """The files in a folder, or in a zip."""
    if kind == "zip":
        path = folder / "class.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return path
    for name, text in files.items():
        path = folder / "class" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "class"


kinds = pytest.mark.parametrize("kind", ["folder", "zip"])
wrappers = pytest.mark.parametrize("wrapper", ["", "assignment_5_export/", "Downloads/assignment_5_export/"])


@kinds
@wrappers
def test_export(kind, wrapper, tmp_path):
    path = tree(kind, tmp_path, {
        f"{wrapper}submission_metadata.yml": METADATA,
        f"{wrapper}submission_101/answers.yaml": ANSWERS,
        f"{wrapper}submission_102/answers.yaml": ANSWERS,
        f"{wrapper}submission_104/answers.yaml": ANSWERS,
        f"{wrapper}submission_101/.DS_Store": "x",
        f"__MACOSX/{wrapper}submission_metadata.yml": "junk",
        f"__MACOSX/{wrapper}submission_999/answers.yaml": "junk",
    })  # fmt: skip
    found = roster.read(path)
    assert found.exported
    assert [entry.name for entry in found.entries] == [
        "submission_101",
        "submission_102",
        "submission_103",
        "submission_104",
    ]
    group, failed, empty, unlisted = found.entries
    assert group.submitters == (
        roster.Submitter("Ada Lovelace", "00123", "ada@example.edu"),
        roster.Submitter("Alan Turing", "00456", ""),
    )
    assert group.recorded.score == Fraction(11, 2)
    assert group.recorded.items == {"1.1": Fraction(1), "Cost": Fraction(1, 2)}
    assert failed.submitters == ()
    assert failed.recorded == roster.Recorded(None, "failed", {})
    assert empty.path is None
    assert empty.submitters[0].name == "Ćmilia"
    assert empty.recorded.score == Fraction(9, 2)
    assert unlisted.path is not None
    assert [("submission_103" in message, "submission_104" in message) for message in found.messages] == [
        (True, False),
        (False, True),
    ]
    if kind == "zip":
        assert group.places == ((f"{wrapper}submission_101", ""),)


@kinds
def test_what_an_export_says_twice_is_read_once_and_said(kind, tmp_path):
    files = {
        "a/submission_metadata.yml": "submission_1:\n  :score: 1\nsubmission_1:\n  :score: 2\n",
        "a/submission_1/answers.yaml": ANSWERS,
        "b/submission_metadata.yml": "submission_2:\n  :score: 3\n",
    }
    found = roster.read(tree(kind, tmp_path, files))
    assert [(entry.name, entry.recorded.score) for entry in found.entries] == [("submission_1", Fraction(1))]
    assert [message for message in found.messages if "not listed" not in message] == [
        "2 exports found; the first is read: a/submission_metadata.yml. Others: b/submission_metadata.yml",
        "submission_metadata.yml lists submission_1 twice; the first entry is read",
    ]


@kinds
def test_folder_of_folders_and_archives(kind, tmp_path):
    files = {"ada/answers.yaml": ANSWERS, "Alan.zip": "x", "alan/answers.yaml": ANSWERS, "e w.tar.gz": "x",
             "notes.txt": "x", "../../etc/passwd.zip": "x"}  # fmt: skip
    if kind == "folder":
        del files["../../etc/passwd.zip"]
    found = roster.read(tree(kind, tmp_path, files))
    assert sorted(entry.name for entry in found.entries) == ["Alan", "ada", "alan_2", "e_w"]
    assert not found.exported
    assert found.messages == ("not a submission, left out: notes.txt",)


@kinds
def test_wrapper_folder_is_seen_through(kind, tmp_path):
    found = roster.read(tree(kind, tmp_path, {"hw1/sub/ada/answers.yaml": "", "hw1/sub/alan/answers.yaml": ""}))
    assert [entry.name for entry in found.entries] == ["ada", "alan"]


@kinds
def test_single_wrapped_submission_is_one_entry(kind, tmp_path):
    assert [entry.name for entry in roster.read(tree(kind, tmp_path, {"ada/answers.yaml": ""})).entries] == ["ada"]


@kinds
@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"assignment_7_export/submission_metadata.csv": "a,b"}, "online assignment"),
        ({"answers.yaml": ""}, "grader grade"),
        ({"readme.txt": ""}, "no submissions"),
        ({"submission_metadata.yml": "- a\n- b\n"}, "does not map"),
        ({"submission_metadata.yml": "submission_1:\n  :a: [1, 2\n"}, "line"),
        ({"submission_metadata.yml": ""}, "is empty"),
        ({"submission_metadata.yml": "a: " + "[" * 500 + "]" * 500}, "too deeply"),
    ],
)
def test_what_is_no_class_is_named(kind, files, message, tmp_path):
    with pytest.raises(roster.Unsuitable, match=message):
        roster.read(tree(kind, tmp_path, files))


def contents_of(entry, folder):
    folder.mkdir()
    place, _ = roster.unpack(entry, folder, Limits())
    return {file.name: file.read_text() for file in ([place] if place.is_file() else place.iterdir())}


@kinds
@pytest.mark.parametrize("wrapper", ["", "submissions/"])
def test_a_download_from_canvas(kind, wrapper, tmp_path):
    path = tree(kind, tmp_path, {
        f"{wrapper}lovelaceada_4711_90001_answers.yaml": ANSWERS,
        f"{wrapper}lovelaceada_4711_90002_backprop-1.py": "pass",
        f"{wrapper}turingalan_LATE_4712_90003_home_work.tex": "x",
        f"{wrapper}turingalan_4799_90004_a_zip.zip": "x",
        f"{wrapper}notes.txt": "x",
    })  # fmt: skip
    found = roster.read(path)
    assert [entry.name for entry in found.entries] == ["lovelaceada_4711", "turingalan_4799", "turingalan_4712"]
    assert [entry.submitters[0].sid for entry in found.entries] == ["4711", "4799", "4712"]
    assert [entry.recorded.status for entry in found.entries] == ["", "", "late"]
    assert found.messages == ("not a submission, left out: notes.txt",)
    ada, other, alan = found.entries
    assert contents_of(ada, tmp_path / "1") == {"answers.yaml": ANSWERS, "backprop-1.py": "pass"}
    assert contents_of(alan, tmp_path / "2") == {"home_work.tex": "x"}
    assert contents_of(other, tmp_path / "3") == {"a_zip.zip": "x"}
    assert len({roster.fingerprint(entry) for entry in found.entries}) == 3


@kinds
def test_a_download_from_moodle(kind, tmp_path):
    path = tree(kind, tmp_path, {
        "HW 1/Ada Lovelace_4711_assignsubmission_file_/answers.yaml": ANSWERS,
        "HW 1/Alan_Turing_4712_assignsubmission_file_/answers.yaml": "",
    })  # fmt: skip
    ada, alan = roster.read(path).entries
    assert (ada.name, *ada.submitters) == ("Ada_Lovelace_4711", roster.Submitter("Ada Lovelace", "4711"))
    assert alan.submitters == (roster.Submitter("Alan_Turing", "4712"),)
    assert contents_of(ada, tmp_path / "1") == {"answers.yaml": ANSWERS}


@kinds
def test_a_download_from_moodle_without_folders(kind, tmp_path):
    name = "Ada Lovelace_4711_assignsubmission_file_"
    (ada,) = roster.read(tree(kind, tmp_path, {f"{name}answers.yaml": ANSWERS, f"{name}backprop.py": "x"})).entries
    assert contents_of(ada, tmp_path / "1") == {"answers.yaml": ANSWERS, "backprop.py": "x"}


@kinds
def test_what_moodle_puts_in_several_places_is_one_submission(kind, tmp_path):
    """A page typed online, or a file beside the folder, never hides the folder of files."""
    path = tree(kind, tmp_path, {
        "Ada_4711_assignsubmission_file_/answers.yaml": ANSWERS,
        "Ada_4711_assignsubmission_onlinetext_/onlinetext.html": "<p>",
        "Ada_4711_assignsubmission_file_backprop.py": "x",
    })  # fmt: skip
    (ada,) = roster.read(path).entries
    assert contents_of(ada, tmp_path / "1") == {"answers.yaml": ANSWERS, "onlinetext.html": "<p>", "backprop.py": "x"}


@kinds
def test_loose_files_are_a_submission_each(kind, tmp_path):
    files = {"alice.tex": "x", "bob.yaml": ANSWERS, "carol.ipynb": "{}", "README.md": "", "notes.txt": ""}
    found = roster.read(tree(kind, tmp_path, files))
    assert [entry.name for entry in found.entries] == ["alice", "bob", "carol"]
    assert found.messages == ("not a submission, left out: README.md, notes.txt",)
    assert contents_of(found.entries[1], tmp_path / "1") == {"bob.yaml": ANSWERS}


@kinds
def test_the_files_of_one_write_up_are_no_class(kind, tmp_path):
    with pytest.raises(roster.Unsuitable, match="no submissions"):
        roster.read(tree(kind, tmp_path, {"main.tex": "x", "intro.tex": "x"}))


def test_missing_path_and_stray_file(tmp_path):
    (tmp_path / "x.pdf").write_text("x")
    for name, message in (("nowhere", "does not exist"), ("x.pdf", "neither a folder nor a zip")):
        with pytest.raises(roster.Unsuitable, match=message):
            roster.read(tmp_path / name)


def test_names_are_safe_and_unique(tmp_path):
    names = ["a/../b", "x" * 300, "y" * 299 + "é", ". .", "", "ü", "con\x00trol", "A", "a"]
    entries = list(roster._named([roster.Entry(name, None) for name in names]))
    assert len({entry.name.casefold() for entry in entries}) == len(names)
    for entry in entries:
        assert 0 < len(entry.name.encode()) <= 140
        assert "/" not in entry.name
        assert not entry.name.startswith(".")
        assert entry.name.isprintable()


def test_aliases_do_not_explode():
    lines = ["submission_1:", "  :a: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"  :b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    (entry,) = roster.exported_entries(io.BytesIO("\n".join(lines).encode()))
    assert entry[0] == "submission_1"


def test_no_tag_becomes_an_object():
    text = (
        "submission_1:\n  :submitters:\n  - :name: !!python/object/apply:os.system ['true']\n"
        "    :sid: !!python/name:os.system ''\n"
    )
    ((_, submitters, _),) = roster.exported_entries(io.BytesIO(text.encode()))
    assert submitters == (roster.Submitter(),)


@pytest.mark.parametrize(
    ("text", "value"),
    [("5.5", Fraction(11, 2)), ("-1", Fraction(-1)), ("18:0.85e1", Fraction(17, 2)), (".5", Fraction(1, 2)),
     (".nan", None), ("abc", None), ("1e999999999", None), ("", None)],
)  # fmt: skip
def test_numbers_are_exact(text, value):
    assert roster.number(text) == value


def test_what_a_batch_wrote_is_no_submission(tmp_path):
    root = tree("folder", tmp_path, {"ada/answers.yaml": ANSWERS, "alan/answers.yaml": ANSWERS, "out/x": ""})
    for name in ("marks", "ada/marks"):
        (root / name / "results").mkdir(parents=True)
        (root / name / "class.json").write_text("{}")
    assert [entry.name for entry in roster.read(root, root / "out").entries] == ["ada", "alan"]


def test_a_folder_named_for_the_answers_does_not_make_a_submission_of_a_class(tmp_path):
    root = tree("folder", tmp_path, {"ada/answers.yaml": ANSWERS, "answers.yaml/answers.yaml": ANSWERS})
    assert [entry.name for entry in roster.read(root).entries] == ["ada", "answers.yaml"]


def test_a_name_of_endless_folders_is_left_out(tmp_path):
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        for name in ("ada/answers.yaml", "alan/answers.yaml", "x/" * 20_000 + "answers.yaml"):
            archive.writestr(name, ANSWERS)
    assert [entry.name for entry in roster.read(tmp_path / "class.zip").entries] == ["ada", "alan"]


def test_names_are_unique_where_case_does_not_count(tmp_path):
    for name in ("ADA", "Ada", "ada", "ADA_2"):
        (tmp_path / name).mkdir(parents=True)
    names = [entry.name for entry in roster.read(tmp_path).entries]
    assert len({name.casefold() for name in names}) == len(names) == 4


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("ada/answers.yaml", ("ada", "answers.yaml")),
        ("./ada//answers.yaml", ("ada", "answers.yaml")),
        ("ada\\answers.yaml", ("ada", "answers.yaml")),
        ("../answers.yaml", None),
        ("ada/../../answers.yaml", None),
        ("/etc/passwd", None),
        ("C:/answers.yaml", None),
        ("a/" * 60 + "b", None),
        ("", None),
    ],
)
def test_a_name_in_an_archive_never_leaves_it(name, parts):
    assert roster.parts_of(name) == parts


@kinds
@pytest.mark.parametrize(
    ("limits", "taken"), [(Limits(), 3), (Limits(archive_entries=2), 2), (Limits(archive_bytes=5), 1)]
)
def test_no_more_is_taken_than_the_limits_allow(kind, limits, taken, tmp_path):
    name = "Ada_4711_assignsubmission_file_"
    (entry,) = roster.read(tree(kind, tmp_path, {f"{name}{n}.md": "four" for n in "abc"})).entries
    (tmp_path / "1").mkdir()
    assert len(list(roster.unpack(entry, tmp_path / "1", limits)[0].iterdir())) == taken
    assert len(list(roster.files(entry, limits))) == taken


def test_a_damaged_submission_in_the_zip_of_a_class_is_named(tmp_path):
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("ada/answers.yaml", "alan.zip"):
            archive.writestr(name, ANSWERS * 9)
    data = bytearray(path.read_bytes())
    for name in (b"ada/answers.yaml", b"alan.zip"):
        begins = data.index(name) + len(name)
        data[begins : begins + 6] = b"\xff" * 6
    path.write_bytes(data)
    for entry, name in zip(roster.read(path).entries, ("answers.yaml", "alan.zip")):
        folder = tmp_path / entry.name
        folder.mkdir()
        place, damaged = roster.unpack(entry, folder, Limits())
        assert damaged == (name,)
        assert submission.read(place, damaged=damaged).refused.startswith(f"{name} is damaged in the archive")


def test_any_damage_to_the_zip_of_a_class_is_told_of(tmp_path):
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("export/submission_metadata.yml", "submission_1: {}\nsubmission_2: {}\n")
        for name in ("submission_1", "submission_2"):
            archive.writestr(f"export/{name}/answers.yaml", ANSWERS)
    whole, random, told = path.read_bytes(), Random(0), set()
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(random.randint(1, 3)):
            data[random.randrange(len(data))] = random.choice((0, 1, 0x7F, 0xFF, random.randrange(256)))
        path.write_bytes(data)
        try:
            roster.read(path)
        except roster.Unsuitable as error:
            told.add(str(error).removeprefix(str(path)))
    assert " is neither a folder nor a zip file" in told
    assert " cannot be read as a zip file: Bad magic number for central directory" in told
    assert ": Bad CRC-32 for file 'export/submission_metadata.yml'" in told


def test_links_in_the_zip_of_a_class_stay_behind(tmp_path):
    link = zipfile.ZipInfo("ada/answers.yaml")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("ada/notes.md", "x")
        archive.writestr("alan/answers.yaml", ANSWERS)
    ada, _ = roster.read(tmp_path / "class.zip").entries
    assert contents_of(ada, tmp_path / "1") == {"notes.md": "x"}


def peak(do) -> int:
    """The bytes that were held at most while it ran."""
    tracemalloc.start()
    try:
        do()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_member_that_is_larger_than_it_says_is_not_unpacked_whole(tmp_path):
    size = 30_000_000
    with zipfile.ZipFile(tmp_path / "class.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ada/answers.yaml", b"0" * size)
    data = (tmp_path / "class.zip").read_bytes()
    (tmp_path / "class.zip").write_bytes(data.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little")))
    (entry,) = roster.read(tmp_path / "class.zip").entries
    assert peak(lambda: list(roster.files(entry, Limits()))) < 5_000_000


def test_earlier_attempts_are_read_over(tmp_path):
    attempts = "".join(f"  - :id: {number}\n    :results: {{score: {'1' * 500}}}\n" for number in range(5_000))
    file = tmp_path / "submission_metadata.yml"
    file.write_text(f"submission_1:\n  :submitters: []\n  :history:\n{attempts}")
    with file.open("rb") as stream:
        assert peak(lambda: list(roster.exported_entries(stream))) < 1_500_000


def test_a_file_more_than_are_looked_at_changes_what_a_submission_is_known_by(tmp_path, monkeypatch):
    monkeypatch.setattr(roster, "_MOST_FILES", 3)
    prints = []
    for count in (3, 4):
        for number in range(count):
            (tmp_path / "in/ada").mkdir(parents=True, exist_ok=True)
            (tmp_path / f"in/ada/{number}.md").write_text("x")
        (entry,) = roster.read(tmp_path / "in").entries
        prints.append(roster.fingerprint(entry))
    assert prints[0] != prints[1]
