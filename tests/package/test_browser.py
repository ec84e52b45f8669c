"""What the page is made of: where something lacks, the command says what, in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader import cli
from grader.package import browser

PROJECT = Path(__file__).resolve().parents[2]


def test_without_npm_the_command_says_what_it_misses(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    words = ["package", "browser", "--out", str(tmp_path / "page"), "--cache", str(tmp_path / "kept")]
    done = CliRunner().invoke(cli.main, words)
    assert done.exit_code == 2
    assert "npm is missing" in done.output
    assert not (tmp_path / "page").exists()


def test_a_package_that_was_exchanged_is_refused(tmp_path):
    version = json.loads(browser.PYODIDE.read_text())["version"]
    (tmp_path / f"pyodide-{version}.tgz").write_bytes(b"not what was pinned")
    with pytest.raises(browser.Missing, match="damaged or exchanged"):
        browser.pyodide(tmp_path)


def test_a_wheel_that_was_exchanged_is_fetched_anew(tmp_path, monkeypatch):
    folder = tmp_path / browser.WASM
    folder.mkdir()
    (folder / "lark-1.0-py3-none-any.whl").write_bytes(b"not what was pinned")
    monkeypatch.setattr(browser, "_called", lambda words, folder, what: None)
    with pytest.raises(browser.Missing, match="There is no wheel of lark"):
        browser.wheels(PROJECT / browser.LOCK, ["lark"], browser.WASM, tmp_path)


@pytest.mark.parametrize("name", [*browser.PURE, *browser.COMPILED, *browser.PURE_PART, *browser.LATER.values()])
def test_everything_is_pinned(name):
    assert "--hash=sha256:" in browser._pinned(PROJECT / browser.LOCK, name)
