"""A class decided by keyboard in a browser, the desk killed in the middle, and gone on with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import small_homework
from chromium import PROGRAM, Chromium

from grader import decisions

PROJECT = Path(__file__).resolve().parents[2]
TIMES = {"ada": "2n2", "bob": "2n2", "cy": "few n", "dora": "2 n!!!", "emil": "n n n ...", "fay": "?"}


@pytest.fixture
def browser(tmp_path):
    if PROGRAM is None:
        pytest.skip("NOT TESTED IN A BROWSER: this machine has no Chromium")
    browser = Chromium(PROGRAM, tmp_path / "profile")
    yield browser
    browser.close()


def sit(folder: Path) -> tuple[subprocess.Popen, str]:
    words = ["desk", "out", "--no-open", "--by", "Ada", "--config", "config.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    started = subprocess.Popen(
        [sys.executable, "-m", "grader", *words], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    started.stdout.readline()
    return started, started.stdout.readline().strip()


def test_a_class_is_decided_by_keyboard_also_after_a_kill(browser, tmp_path):
    homework = small_homework.write(tmp_path)
    for name, time in TIMES.items():
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "answers.yaml").write_text(json.dumps({"7.1": {"time": time, "when": "m > n"}}))
    words = [sys.executable, "-m", "grader", "batch", "in", "--out", "out", "--jobs", "1", "--config", "config.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    subprocess.run(words, cwd=tmp_path, env=environment, check=True, capture_output=True)

    def saved():
        file = tmp_path / "out/decisions.yaml"
        return decisions.load(file, homework.config).all if file.exists() else ()

    desk, address = sit(tmp_path)
    browser.call("Page.enable")
    browser.call("Page.navigate", url=address)
    browser.wait("document.querySelector('#case article') !== null")
    assert "0 of 5 decided" in browser.evaluate("document.getElementById('progress').textContent")
    browser.press("r")
    browser.type("2n^2")
    browser.wait("document.querySelector('#preview .v-correct') !== null")
    browser.press("Enter", modifiers=2)
    browser.wait("document.getElementById('progress').textContent.startsWith('1 of 5')")
    assert [(one.answer, one.read_as, one.by) for one in saved()] == [("2n2", "2n^2", "Ada")]
    browser.wait("document.activeElement === document.body")
    browser.press("m")
    browser.type("Half a point.")
    browser.press("Enter")
    browser.press("h")
    browser.wait("document.getElementById('progress').textContent.startsWith('2 of 5')")
    assert saved()[1].message == "Half a point."
    browser.press("n")
    browser.wait("document.getElementById('progress').textContent.startsWith('3 of 5')")
    browser.press("u")
    browser.wait("document.getElementById('progress').textContent.startsWith('2 of 5')")
    assert len(saved()) == 2

    desk.kill()
    desk.wait()
    browser.press("f")
    browser.wait("document.getElementById('said').textContent.startsWith('The desk has ended')")
    desk, address = sit(tmp_path)
    browser.call("Page.navigate", url=address)
    browser.wait("document.getElementById('progress')?.textContent.startsWith('2 of 5')")
    browser.wait("document.querySelector('#case article') !== null")
    for number in (3, 4, 5):
        browser.press("f")
        browser.wait(f"document.getElementById('progress').textContent.startsWith('{number} of 5')")
    assert len(saved()) == 5
    desk.kill()
    desk.wait()
    again = subprocess.run(words, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    assert "2 marked now, 4 kept" in again.stdout
    assert "need" not in again.stdout
