import gzip
import io
import os
import socket
import stat
import struct
import tarfile
import zipfile
import zlib

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from grader import submission
from grader.assignment.config import Limits
from grader.report import plain

ANSWERS = b"'1.1': {b2: 2}\n"
PROGRAM = b"def backward(v): return {}\n"


def folder(root, **files):
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (root / name.replace("__", ".")).write_bytes(content)
    return root


def zipped(path, *files, **more):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (*files, *more.items()):
            archive.writestr(name, content)
    return path


def tarred(path, *files, format=tarfile.PAX_FORMAT):
    with tarfile.open(path, "w:gz", format=format) as archive:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def message(found):
    return plain(found.messages)


def test_a_folder(tmp_path):
    found = submission.read(folder(tmp_path, answers__yaml=ANSWERS, backprop__py=PROGRAM, notes__txt=b"x"))
    assert (found.answers, found.program, found.messages) == (ANSWERS, PROGRAM, ())


def test_the_answers_file_itself(tmp_path):
    folder(tmp_path, answers__yaml=ANSWERS, backprop__py=PROGRAM)
    found = submission.read(tmp_path / "answers.yaml")
    assert (found.answers, found.program) == (ANSWERS, None)


@pytest.mark.parametrize("inside", ["", "hw/", "submission 1/hw/"])
@pytest.mark.parametrize("make", [zipped, tarred])
def test_an_archive(tmp_path, make, inside):
    junk = ("__MACOSX/hw/._answers.yaml", b"\0"), (f"{inside}.DS_Store", b"\0")
    files = (f"{inside}answers.yaml", ANSWERS), (f"{inside}backprop.py", PROGRAM)
    found = submission.read(make(tmp_path / "x", *junk, *files))
    assert (found.answers, found.program, found.messages) == (ANSWERS, PROGRAM, ())


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("inside", ["a" * 90, "é" * 60, "a/" * 60])
def test_every_dialect_of_tar(tmp_path, format, inside):
    found = submission.read(tarred(tmp_path / "x.tgz", (f"{inside}/answers.yaml", ANSWERS), format=format))
    assert (found.answers, found.messages) == (ANSWERS, ())


@pytest.mark.parametrize(
    "name",
    [
        "answer.yaml", "answers.yml", "Answers.yaml", "ANSWERS.YML", "answers.yaml.txt", "answers (1).yaml",
        "answers-2.yaml", "answers_final.yaml", "answers copy.yaml", "answers.yaml.yaml", "answers.txt", "answers.json",
        "answers", "anwsers.yaml", "answesr.yaml",
    ],
)  # fmt: skip
def test_a_name_that_is_nearly_right_is_accepted_and_said(tmp_path, name):
    (tmp_path / name).write_bytes(ANSWERS)
    found = submission.read(tmp_path)
    assert (found.answers, found.answers_name) == (ANSWERS, name)
    assert "please name it answers.yaml" in message(found)


@pytest.mark.parametrize("name", ["homework.yaml", "answer_sheet.yaml", "my-answers.yml"])
def test_the_one_yaml_file_is_read_under_any_name(tmp_path, name):
    (tmp_path / name).write_bytes(ANSWERS)
    (tmp_path / "scan.pdf").touch()
    found = submission.read(tmp_path)
    assert (found.answers, found.for_a_person) == (ANSWERS, ("scan.pdf",))
    assert f"{name} was read as answers.yaml" in message(found)
    (tmp_path / "notes.md").touch()
    assert submission.read(tmp_path).answers is None


@pytest.mark.parametrize("make", [zipped, tarred])
def test_the_one_yaml_file_of_an_archive_is_read_under_any_name(tmp_path, make):
    assert submission.read(make(tmp_path / "x", ("hw/homework.yaml", ANSWERS))).answers == ANSWERS


def test_of_several_yaml_files_none_is_guessed(tmp_path):
    found = submission.read(folder(tmp_path, one__yaml=ANSWERS, other__yaml=ANSWERS))
    assert (found.answers, found.for_a_person) == (None, ("one.yaml", "other.yaml"))
    assert "several files that could be answers.yaml (one.yaml, other.yaml)" in message(found)


def test_of_yaml_files_at_different_depths_none_is_guessed(tmp_path):
    folder(tmp_path / "hw", mine__yaml=ANSWERS)
    found = submission.read(folder(tmp_path, environment__yml=b"name: x"))
    assert (found.answers, found.for_a_person) == (None, ("environment.yml", "hw/mine.yaml"))


@pytest.mark.parametrize("name", ["README.md", "readme.md"])
def test_what_comes_with_a_homework_is_no_write_up(tmp_path, name):
    (tmp_path / name).write_bytes(b"# Homework")
    assert submission.read(folder(tmp_path, mine__yaml=ANSWERS)).answers == ANSWERS


def test_a_write_up_beside_an_archive_of_something_else_is_read(tmp_path):
    zipped(folder(tmp_path, homework__md=b"# 2.3") / "code.zip", ("backprop.py", PROGRAM), ("other.md", b""))
    found = submission.read(tmp_path)
    assert (list(found.write_ups), found.program, found.messages) == (["homework.md"], PROGRAM, ())
    (tmp_path / "code.zip").write_bytes(b"PK\x03\x04")
    found = submission.read(tmp_path)
    assert (list(found.write_ups), found.program, found.refused) == (["homework.md"], None, "")


def test_the_right_name_wins_over_near_ones(tmp_path):
    found = submission.read(folder(tmp_path, answers__yaml=ANSWERS, answers__yml=b"other", Answers__yaml=b"third"))
    assert (found.answers, found.messages) == (ANSWERS, ())


def test_of_several_near_names_none_is_guessed(tmp_path):
    (tmp_path / "answers (1).yaml").write_bytes(ANSWERS)
    (tmp_path / "answers (2).yaml").write_bytes(b"other")
    found = submission.read(tmp_path)
    assert found.answers is None
    assert "answers (1).yaml, answers (2).yaml" in message(found)


def test_the_file_nearest_to_the_root_counts(tmp_path):
    folder(tmp_path / "old", answers__yaml=b"old", backprop__py=b"old")
    found = submission.read(folder(tmp_path, answers__yaml=ANSWERS))
    assert (found.answers, found.program) == (ANSWERS, None)


def test_a_folder_called_answers(tmp_path):
    folder(tmp_path / "answers", answers__yaml=ANSWERS)
    assert submission.read(tmp_path).answers == ANSWERS


@pytest.mark.parametrize("what", ["empty", "clutter", "nothing of use"])
def test_no_answers(tmp_path, what):
    if what != "empty":
        folder(tmp_path, **{".DS_Store" if what == "clutter" else "essay__docx": b"x"})
    found = submission.read(tmp_path)
    assert found.answers is None
    assert "there is no answers.yaml" in message(found).replace("There", "there")


def test_a_path_that_does_not_exist_is_the_callers_mistake(tmp_path):
    with pytest.raises(FileNotFoundError):
        submission.read(tmp_path / "nowhere")


def test_names_that_import_are_never_read(tmp_path):
    hostile = b"raise SystemExit('imported')"
    found = submission.read(
        folder(
            tmp_path,
            answers__yaml=ANSWERS,
            numpy__py=hostile,
            sitecustomize__py=hostile,
            conftest__py=hostile,
            x__pth=hostile,
        )
    )
    assert (found.answers, found.program, found.messages) == (ANSWERS, None, ())


@pytest.mark.parametrize("place", ["file", "folder", "loop", "nowhere", "device"])
def test_links_are_not_followed(tmp_path, place):
    secret = folder(tmp_path / "reference", answers__yaml=b"secret", backprop__py=b"secret")
    root = folder(tmp_path / "s", notes__txt=b"")
    target = {
        "file": secret / "answers.yaml",
        "loop": root / "answers.yaml",
        "nowhere": "/nowhere",
        "device": "/dev/zero",
    }
    if place == "folder":
        os.symlink(secret, root / "hw")
    else:
        os.symlink(target[place], root / "answers.yaml")
        os.symlink(secret / "backprop.py", root / "backprop.py")
    found = submission.read(root)
    assert (found.answers, found.program) == (None, None)
    assert "link" in message(found) or place == "folder"


@pytest.mark.parametrize("kind", ["fifo", "folder", "unreadable"])
def test_what_is_no_ordinary_file(tmp_path, kind):
    path = tmp_path / "answers.yaml"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(ANSWERS)
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything")
    found = submission.read(tmp_path)
    assert found.answers is None
    assert found.messages


def test_an_enormous_file_is_not_read(tmp_path):
    with open(tmp_path / "answers.yaml", "wb") as file:
        file.truncate(1 << 30)
    found = submission.read(tmp_path)
    assert found.answers is None
    assert "larger than 2,000,000 bytes" in message(found)


def test_a_crowd_of_files_does_not_hide_the_answers(tmp_path):
    folder(tmp_path, answers__yaml=ANSWERS)
    for number in range(60):
        (tmp_path / f"{number}").touch()
    found = submission.read(tmp_path, Limits(archive_entries=50))
    assert found.answers == ANSWERS
    assert "more than 50 files" in message(found)


def test_deep_folders_end(tmp_path):
    deep = tmp_path.joinpath(*["d"] * 60)
    folder(deep, answers__yaml=ANSWERS)
    assert submission.read(tmp_path).answers is None


@pytest.mark.parametrize("make", [zipped, tarred])
@pytest.mark.parametrize("name", ["../answers.yaml", "/tmp/answers.yaml", "a/../../answers.yaml", "C:\\answers.yaml"])
def test_an_entry_that_points_out_is_ignored(tmp_path, make, name):
    found = submission.read(make(tmp_path / "x", (name, b"outside"), ("hw\\answers.yaml", ANSWERS)))
    assert found.answers == ANSWERS
    assert "points out of it" in message(found)
    assert submission.read(make(tmp_path / "y", (name, b"outside"))).answers is None


@pytest.mark.parametrize(("kind", "reason"), [(stat.S_IFLNK, "link"), (stat.S_IFIFO, "not an ordinary file")])
def test_what_is_no_file_in_a_zip(tmp_path, kind, reason):
    info = zipfile.ZipInfo("answers.yaml")
    info.external_attr = (kind | 0o777) << 16
    found = submission.read(zipped(tmp_path / "x.zip", (info, b"/etc/passwd")))
    assert found.answers is None
    assert reason in message(found)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_what_is_no_file_in_a_tar(tmp_path, kind):
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("answers.yaml")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    found = submission.read(tmp_path / "x.tar.gz")
    assert found.answers is None
    assert found.messages


@pytest.mark.parametrize("make", [zipped, tarred])
def test_too_many_entries(tmp_path, make):
    path = make(tmp_path / "x", *[(f"{number}", b"") for number in range(2_001)])
    found = submission.read(path)
    assert found.answers is None
    assert "more than 2,000 files" in found.refused


def test_what_machines_leave_behind_is_not_counted(tmp_path):
    junk = [(f"hw/.git/{number}", b"") for number in range(1_500)]
    junk += [(f"hw/venv/{number}", b"") for number in range(1_500)]
    found = submission.read(zipped(tmp_path / "x.zip", *junk, ("hw/answers.yaml", ANSWERS)))
    assert (found.answers, found.messages) == (ANSWERS, ())


@pytest.mark.parametrize("kind", ["rar", "7z", "xz"])
def test_an_archive_that_is_not_opened_waits_for_a_person(tmp_path, kind):
    head = {"rar": b"Rar!\x1a\x07\x00", "7z": b"7z\xbc\xaf\x27\x1c", "xz": b"\xfd7zXZ\x00"}[kind]
    (tmp_path / f"x.{kind}").write_bytes(head)
    assert submission.read(tmp_path / f"x.{kind}").for_a_person == (f"an archive of the kind {kind}",)


def test_a_file_that_was_damaged_on_its_way_is_there(tmp_path):
    found = submission.read(folder(tmp_path, backprop__py=PROGRAM), damaged=["answers.yaml"])
    assert (found.answers, found.program) == (None, PROGRAM)
    assert found.refused == "answers.yaml is damaged in the archive and cannot be read: make the archive again."


@pytest.mark.parametrize("large", [False, True])
def test_a_zip_that_lies_about_its_directory(tmp_path, large):
    data = bytearray(zipped(tmp_path / "x.zip", ("answers.yaml", ANSWERS)).read_bytes())
    at = data.rfind(b"PK\x05\x06")
    if large:  # the size stands in a record of its own
        struct.pack_into("<L", data, at + 12, 0xFFFFFFFF)
        record = bytearray(76)
        struct.pack_into("<4s36xQ", record, 0, b"PK\x06\x06", 0x7FFFFFFF)
        data[at:at] = record
    else:
        struct.pack_into("<L", data, at + 12, 0x7FFFFFFF)
    (tmp_path / "x.zip").write_bytes(data)
    found = submission.read(tmp_path / "x.zip")
    assert found.answers is None
    assert "damaged" in message(found)


@pytest.mark.parametrize("make", [zipped, tarred])
def test_a_bomb(tmp_path, make):
    found = submission.read(make(tmp_path / "x", ("answers.yaml", bytes(60_000_000))))
    assert found.answers is None
    assert "larger than" in message(found) or "more bytes" in message(found)


def test_a_bomb_beside_the_answers_costs_nothing(tmp_path):
    found = submission.read(tarred(tmp_path / "x", ("answers.yaml", ANSWERS), ("z", bytes(60_000_000))))
    assert (found.answers, message(found)) == (ANSWERS, "The archive holds more bytes than are read.")
    assert (
        submission.read(zipped(tmp_path / "y", ("a", bytes(60_000_000)), ("answers.yaml", ANSWERS))).answers == ANSWERS
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_without_a_bound_is_refused(tmp_path, method):
    with zipfile.ZipFile(tmp_path / "x.zip", "w", method) as archive:
        archive.writestr("answers.yaml", ANSWERS)
    assert "unusual" in message(submission.read(tmp_path / "x.zip"))


def test_a_password(tmp_path):
    data = bytearray(zipped(tmp_path / "x.zip", ("answers.yaml", ANSWERS)).read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(signature) + offset] |= 1
    (tmp_path / "x.zip").write_bytes(data)
    assert "password" in message(submission.read(tmp_path / "x.zip"))


def test_a_damaged_entry(tmp_path):
    data = bytearray(zipped(tmp_path / "x.zip", ("answers.yaml", ANSWERS * 50)).read_bytes())
    data[50] ^= 0xFF
    (tmp_path / "x.zip").write_bytes(data)
    found = submission.read(tmp_path / "x.zip")
    assert found.answers is None
    assert "damaged" in message(found)


def test_a_tar_that_is_cut_off(tmp_path):
    whole = gzip.decompress(tarred(tmp_path / "x.tgz", ("answers.yaml", ANSWERS * 500)).read_bytes())
    (tmp_path / "x.tar").write_bytes(whole[: whole.index(ANSWERS) + 1000])
    found = submission.read(tmp_path / "x.tar")
    assert found.answers is None
    assert "is cut off" in message(found)


def test_odd_names_are_shown_harmlessly(tmp_path):
    found = submission.read(
        zipped(
            tmp_path / "x.zip",
            ("\x1b[31m\u202eanswers", b""),
            ("b\udc80.yaml".encode("utf-8", "replace").decode(), b""),
        )
    )
    assert not set(message(found)) & set("\x1b\u202e")
    (tmp_path / "f").mkdir()
    with open(os.fsencode(tmp_path / "f") + b"/\xff\xfe.yaml", "wb"):
        pass
    message(submission.read(tmp_path / "f")).encode()


@pytest.mark.filterwarnings("ignore:Duplicate name")  # of the archive that the test makes
def test_a_name_given_twice_in_an_archive(tmp_path):
    found = submission.read(zipped(tmp_path / "x.zip", ("answers.yaml", b"first"), ("answers.yaml", ANSWERS)))
    assert found.answers == ANSWERS
    assert "2 times" in message(found)


def test_an_archive_in_the_submission(tmp_path):
    inner = zipped(tmp_path / "in.zip", ("answers.yaml", ANSWERS)).read_bytes()
    for found in (
        submission.read(folder(tmp_path / "f", hw__zip=inner)),
        submission.read(zipped(tmp_path / "out.zip", ("hw.zip", inner))),
        submission.read(tarred(tmp_path / "out.tgz", ("hw.zip", inner))),
    ):
        assert found.answers == ANSWERS
        assert "hw.zip" in message(found)
    twice = zipped(tmp_path / "twice.zip", ("out.zip", (tmp_path / "out.zip").read_bytes()))
    found = submission.read(twice)
    assert found.answers is None
    assert "archive" in message(found)


@pytest.mark.parametrize(
    "head", [b"", b"Rar!\x1a\x07", b"7z\xbc\xaf", b"BZh9", b"\xfd7zXZ\x00", b"hello", b"\x1f\x8b", b"PK\x03\x04"]
)
def test_what_is_no_archive_says_so(tmp_path, head):
    (tmp_path / "x").write_bytes(head)
    found = submission.read(tmp_path / "x")
    assert found.answers is None
    assert found.messages


def test_an_archive_that_is_too_large(tmp_path):
    with open(tmp_path / "x.zip", "wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(60_000_000)
    assert "60,000,000 bytes" in message(submission.read(tmp_path / "x.zip"))


def spoilt(data: bytes):
    """The bytes with some of them changed, cut out or doubled."""

    def change(edits):
        spoiled = bytearray(data)
        for at, value, cut in edits:
            at %= max(1, len(spoiled))
            if cut:
                del spoiled[at : at + value % 9]
            elif spoiled:
                spoiled[at] = value
        return bytes(spoiled)

    edit = st.tuples(st.integers(0, 10_000), st.integers(0, 255), st.booleans())
    return st.lists(edit, max_size=6).map(change)


def a_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("hw/answers.yaml", ANSWERS)
        archive.writestr("hw/backprop.py", PROGRAM)
    return buffer.getvalue()


def a_tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("hé" * 60 + "/answers.yaml", "backprop.py"):
            info = tarfile.TarInfo(name)
            info.size = len(ANSWERS)
            archive.addfile(info, io.BytesIO(ANSWERS))
    return buffer.getvalue()[:4096]


def gzipped(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data) + packer.flush()


ARCHIVES = st.one_of(
    spoilt(a_zip()),
    spoilt(a_tar()),
    spoilt(a_tar()).map(gzipped),
    spoilt(gzipped(a_tar())),
    st.binary(max_size=300),
    st.binary(max_size=600).map(lambda data: b"PK\x05\x06" + data),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ARCHIVES)
def test_any_archive_is_read_or_refused(tmp_path, data):
    (tmp_path / "x").write_bytes(data)
    found = submission.read(tmp_path / "x")
    message(found).encode()
    assert found.answers is not None or found.messages


def test_files_beside_the_program_are_read(tmp_path):
    place = folder(tmp_path / "hw", answers__yaml=ANSWERS, backprop__py=PROGRAM, helper__py=b"h", notes__txt=b"x")
    for name in ("tools/__init__.py", "tools/rules.py", "not-a-name/x.py", "2.py"):
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(name.encode())
    (place / "link.py").symlink_to(place / "helper.py")
    found = submission.read(tmp_path)
    assert found.program == PROGRAM
    assert found.beside == {
        "helper.py": b"h",
        "tools/__init__.py": b"tools/__init__.py",
        "tools/rules.py": b"tools/rules.py",
    }


@pytest.mark.parametrize(("most", "count"), [(1_000_000, 10), (10_000_000, 20)])
def test_files_beside_the_program_are_bounded(tmp_path, most, count):
    folder(tmp_path, answers__yaml=ANSWERS, backprop__py=PROGRAM)
    for number in range(30):
        (tmp_path / f"m{number}.py").write_bytes(b"x" * 100_000)
    found = submission.read(tmp_path, Limits(answers_bytes=most))
    assert len(found.beside) == count
    assert f"only {count} were read" in message(found)


@pytest.mark.parametrize("make", [zipped, tarred])
def test_files_beside_the_program_in_an_archive(tmp_path, make):
    files = [("hw/answers.yaml", ANSWERS), ("hw/backprop.py", PROGRAM), ("hw/helper.py", b"h"), ("other.py", b"o")]
    found = submission.read(make(tmp_path / "hw.zip", *files))
    assert (found.beside, found.messages) == ({"helper.py": b"h"}, ())


@pytest.mark.parametrize(
    "name",
    [
        "answers" + "1" * 200 + ".pdf",
        "answers" + "(1)" * 60 + ".yam",
        "answers" + " copy" * 40 + "x",
        "backprop" + "1" * 200 + ".pyc",
        "answers" + ".yaml" * 40 + ".doc",
        "answers" + "final1" * 40 + ".",
    ],
)
def test_no_name_takes_long_to_tell(tmp_path, name):
    found = submission.read(zipped(tmp_path / "x.zip", ("answers.yaml", ANSWERS), (name, b"x")))
    assert found.answers == ANSWERS


def test_a_header_of_many_records_is_not_read_again_and_again(tmp_path):
    records = b"6 a=b\n" * 10_000 + b"21 path=answers.yaml\n"
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, len(records)
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        for _ in range(200):
            archive.addfile(header, io.BytesIO(records))
        info = tarfile.TarInfo("answers.yaml")
        info.size = len(ANSWERS)
        archive.addfile(info, io.BytesIO(ANSWERS))
    assert submission.read(path).answers == ANSWERS


def test_what_is_given_by_itself_and_is_no_ordinary_file(tmp_path):
    os.mkfifo(tmp_path / "b.zip")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "c.zip"))
    for name in ("b.zip", "c.zip", "/dev/null"):
        found = submission.read(tmp_path / name)
        assert found.answers is None
        assert "is not an ordinary file" in message(found)


def test_a_folder_named_for_the_answers(tmp_path):
    folder(tmp_path / "answers.yaml", answers__yaml=ANSWERS)
    assert submission.read(tmp_path).answers == ANSWERS
    (tmp_path / "empty" / "answers.yaml").mkdir(parents=True)
    assert "answers.yaml is a folder" in message(submission.read(tmp_path / "empty"))


@pytest.mark.parametrize("name", ["scan.pdf", "IMG_1.HEIC", "hw.docx", "hw.txt"])
@pytest.mark.parametrize("make", [zipped, tarred])
def test_a_document_or_picture_alone_is_named(tmp_path, name, make):
    assert submission.read(make(tmp_path / "x", (f"hw/{name}", b"x"))).for_a_person == (f"hw/{name}",)
    if name != "hw.txt":
        (tmp_path / name).write_bytes(b"PK\x03\x04")
        assert submission.read(tmp_path / name).for_a_person == (name,)


def test_what_comes_with_every_homework_is_for_nobody(tmp_path):
    assert submission.read(folder(tmp_path, README__txt=b"x", requirements__txt=b"x")).for_a_person == ()


def test_write_ups_share_one_limit(tmp_path):
    """The one nearest to the root is read first."""
    limits = Limits(answers_bytes=1000)
    made = zipped(tmp_path / "x.zip", ("old/main.tex", b"b" * 600), ("main.tex", b"a" * 600), ("z.md", b"c" * 300))
    found = submission.read(made, limits)
    assert {name: len(text) for name, text in found.write_ups.items()} == {"main.tex": 600, "z.md": 300}
    assert "main.tex is larger than" in message(found)
