"""The page as it is handed out: no answer in it, nothing that is not pinned, small, made without a network."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile

import leaks
import pytest
from conftest import CONFIG, PROJECT

from grader import package
from grader.package import browser

FIRST_LOAD = 16_000_000
WORDS = re.compile(rb"[ -~]{4,}")


def inside(data):
    """The files of a zip."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def handed_out():
    """The students' zip, in which the search for answers finds none (``tests/package``)."""
    files = inside(package.student(PROJECT, PROJECT / "config.yaml", CONFIG))
    return {name.partition("/")[2]: data for name, data in files.items()}


def test_what_runs_is_what_students_get(built, handed_out):
    ours = {name: data for name, data in inside(built["grader.zip"]).items() if name.startswith(("grader/", "config"))}
    assert len(ours) > 100
    for name, data in ours.items():
        assert handed_out[name.removesuffix("c") if name.endswith(".pyc") else name]
        assert name.endswith(".pyc") or data == handed_out[name]


def test_no_line_of_the_reference_is_in_it(built):
    lines = {line.strip() for path in (PROJECT / "reference").glob("*.py") for line in path.read_text().splitlines()}
    telling = {line for line in lines if len(line) > 24 and not line.startswith(("from ", "import ", "def ", '"""'))}
    telling = {line for line in telling if re.search(r"[=:(\[]", line)}  # no prose: a module may say the same
    every = {**built, **{f"{name}/{one}": data for name in built if name.endswith(".zip")
                         for one, data in inside(built[name]).items()}}  # fmt: skip
    assert not [name for name in every if "reference" in name.split("/")]
    assert not [(name, line) for name, data in every.items() for line in telling if line.encode() in data]


def test_no_answer_is_told(built):
    page = {name: data.decode() for name, data in built.items() if name.endswith((".html", ".js", ".css"))}
    for name, text in page.items():
        assert not leaks.told(text), name
        assert not leaks.arrays_told(text), name
        assert not leaks.equations_told(text), name


def test_the_single_file_holds_the_same(built):
    whole = browser.single(built).decode()
    held = dict(re.findall(r'<script type="text/plain" data-file="([^"]*)">([^<]*)</script>', whole))
    code = {"index.html", "look.css", "page.css", "page.js", "service_worker.js"}
    assert set(held) == set(built) - code
    assert all(base64.b64decode(data) == built[name] for name, data in held.items())
    around = re.sub(r'<script type="text/plain".*?</script>', "", whole)
    assert not leaks.told(around)
    assert not leaks.arrays_told(around)
    assert not re.search(r'(?:src|href)="(?!data:|#)', around)
    assert "'self'" not in re.search(r'Content-Security-Policy" content="([^"]*)"', whole)[1]


def test_every_file_is_listed_with_its_size(built):
    stated = json.loads(re.search(r'id="homework">(.*?)</script>', built["index.html"].decode(), re.DOTALL)[1])
    for name, file in stated["files"].items():
        assert file["bytes"] == len(built[name])
    page = set(built) - set(stated["files"])
    first = [name for name in built if not stated["files"].get(name, {}).get("later")]
    assert page == {"index.html", "look.css", "page.css", "page.js", "service_worker.js"}
    assert sum(len(built[name]) for name in first) <= FIRST_LOAD


def test_a_second_build_asks_nobody(built, monkeypatch):
    def refused(words, folder, what):
        raise AssertionError(f"{what} was asked for again")

    monkeypatch.setattr(browser, "_called", refused)
    monkeypatch.setattr(browser, "_made", refused)
    again = browser.build(PROJECT, PROJECT / "config.yaml", CONFIG, browser.cache())
    assert again == built


def test_what_no_check_imports_is_left_out(built):
    used = browser._used(PROJECT / "config.yaml").split()
    there = {name for one in ("grader.zip", "stdlib.zip") for name in inside(built[one])}
    for module in used:
        file = module.replace(".", "/")
        ours = module.partition(".")[0] in (
            "grader",
            "jinja2",
            "lark",
            "markdown_it",
            "pydantic",
            "rich",
            "yaml",
            "xml",
        )
        assert not ours or there & {f"{file}.pyc", f"{file}/__init__.pyc"} or module.rpartition(".")[2].startswith("_")
