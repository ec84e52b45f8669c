"""The two zips: made from a list of what goes in, the same byte for byte, and runnable."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from grader import package
from grader.assignment import config

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = PROJECT / "config.yaml"


def gradescope(home=PROJECT):
    return package.gradescope(home, home / "config.yaml", home / "reference")


def student(home=PROJECT):
    return package.student(home, home / "config.yaml", config.load(home / "config.yaml"))


@pytest.fixture
def copy(tmp_path):
    """The project elsewhere, with other times and with files lying about that nobody thought of."""
    for name in ("grader", "reference"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    for name in (
        "setup.sh",
        "run_autograder",
        "environment.sh",
        "requirements.lock",
        "requirements-check.lock",
        "config.yaml",
    ):
        shutil.copy(PROJECT / name, tmp_path)
    for name in ("answers.pdf", ".env", "notes~", ".hidden/secret.py", "__pycache__/x.pyc", "big.bin"):
        for folder in ("", "grader", "grader/cli", "reference"):
            stray = tmp_path / folder / name
            stray.parent.mkdir(exist_ok=True)
            stray.write_text("stray")
    (tmp_path / "grader" / "link.py").symlink_to(tmp_path / "reference" / "networks.py")
    for path in tmp_path.rglob("*"):
        os.utime(path, (10**9, 10**9), follow_symlinks=False)
    return tmp_path


@pytest.mark.parametrize("build", [gradescope, student])
def test_the_zip_is_the_same_wherever_it_is_made(build, copy):
    assert build() == build(copy)


@pytest.mark.parametrize("build", [gradescope, student])
def test_names_are_plain_and_sorted(build):
    names = zipfile.ZipFile(io.BytesIO(build())).namelist()
    assert names == sorted(set(names))
    assert not [name for name in names if name.startswith("/") or ".." in name or "pycache" in name or "\\" in name]


def test_gradescope_finds_its_files_at_the_root():
    with zipfile.ZipFile(io.BytesIO(gradescope())) as upload:
        names = upload.namelist()
        assert {name.split("/")[0] for name in names} == {
            *("setup.sh", "run_autograder", "environment.sh", "requirements.lock", "config.yaml", "grader", "reference")
        }
        for name in ("setup.sh", "run_autograder", "environment.sh"):
            entry = upload.getinfo(name)
            assert entry.external_attr >> 16 == 0o100755
            assert entry.create_system == 3
            assert upload.read(name).startswith(b"#!/usr/bin/env bash\n")
        assert not [name for name in names if b"\r\n" in upload.read(name)]
        assert upload.testzip() is None


def test_every_module_and_its_data_goes_in():
    names = set(zipfile.ZipFile(io.BytesIO(gradescope())).namelist())
    ours = [path for path in (PROJECT / "grader").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    left_out = {path.relative_to(PROJECT).as_posix() for path in ours} - names
    assert left_out == {"grader/package/handout/check", "grader/browser/node.mjs"}


def test_windows_line_ends_become_unix_ones(copy):
    script = copy / "run_autograder"
    script.write_bytes(script.read_bytes().replace(b"\n", b"\r\n"))
    assert gradescope(copy) == gradescope()


def test_archive_keeps_the_run_bit_of_the_runnable_alone():
    entries = zipfile.ZipFile(io.BytesIO(package.zipped({"b": b"1", "a": b"2"}, frozenset({"a"})))).infolist()
    assert [(entry.filename, oct(entry.external_attr >> 16)) for entry in entries] == [
        ("a", "0o100755"),
        ("b", "0o100644"),
    ]
