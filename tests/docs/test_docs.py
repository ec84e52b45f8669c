"""What docs/ and the README say of the code is so: rooms, names, files, commands, and the keys of config.yaml."""

from __future__ import annotations

import re
import runpy
import sys
from importlib import import_module
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WAY = (ROOT / "docs/the-way-of-an-answer.md").read_text(encoding="utf-8")
NAME = re.compile(r"`(grader(?:\.\w+)+)`")
FILE = re.compile(r"`((?:grader|tests|docs|reference|submissions_example)/[\w./-]*)`")
TABLE = re.compile(r"`(_?[A-Z_]+)`(?: or `(_?[A-Z_]+)`)? (?:in|of) `(grader/[\w/]+\.py)`")
MAKE = re.compile(r"(?:^    |`)make ([\w-]+)", re.MULTILINE)


def rooms() -> list[list[str]]:
    table = WAY.split("## The rooms")[1]
    return [re.findall(r"`(\w+)`", row.split("|")[1]) for row in table.splitlines() if row.startswith("| `")]


def test_the_table_of_rooms_is_the_order_that_imports_keep():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    assert [sorted(row) for row in rooms()] == [sorted(layer.split(" | ")) for layer in layers]


def test_every_room_is_in_the_table():
    folders = {path.name for path in (ROOT / "grader").iterdir() if (path / "__init__.py").exists()}
    files = {path.stem for path in (ROOT / "grader").glob("*.py")} - {"__init__"}
    assert {room for row in rooms() for room in row} == folders | files


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_names_is_there(page):
    text = page.read_text(encoding="utf-8")
    for name in NAME.findall(text):
        assert found(name), f"there is no {name}"
    for file in FILE.findall(text):
        assert (ROOT / file).exists(), f"there is no {file}"
    for *names, file in TABLE.findall(text):
        for name in filter(None, names):
            assert re.search(rf"^{name}\b.* = ", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), (
                f"there is no {name} in {file}"
            )
    for target in MAKE.findall(text):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), f"there is no make {target}"


def found(name: str) -> bool:
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            thing = import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            thing = getattr(thing, part, None)
        return thing is not None
    return False


def test_the_page_on_the_config_is_written_from_the_models():
    page = runpy.run_path(str(ROOT / "docs/make.py"))["page"]()
    assert page == (ROOT / "docs/config.md").read_text(encoding="utf-8"), "make docs"


def test_every_key_of_the_config_is_explained():
    for row in (ROOT / "docs/config.md").read_text(encoding="utf-8").splitlines():
        if row.startswith("| `"):
            assert all(cell.strip() for cell in row.strip("|").split("|")), row
