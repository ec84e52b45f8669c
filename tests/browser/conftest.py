"""A browser, and the page in it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from chromium import PROGRAM, Chromium
from in_node import Worker
from serving import CONFIG, PROJECT, WATCH, Served, standing_in

from grader.package import browser as packaged

if os.environ.get("BROWSER_TEST") != "1":
    collect_ignore = ["test_built.py", "test_parity.py", "test_whole_page.py"]  # only `make test-browser` runs them


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if PROGRAM is None:
        pytest.skip("NOT TESTED IN A BROWSER: this machine has no Chromium")
    browser = Chromium(PROGRAM, tmp_path_factory.mktemp("profile"))
    for domain in ("Page", "Runtime", "Log", "DOM", "Accessibility"):
        browser.call(f"{domain}.enable")
    browser.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return standing_in(tmp_path_factory.mktemp("site"))


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    server = Served(folder)
    yield server
    server.close()


@pytest.fixture
def page(chromium: Chromium, served: Served) -> Iterator[Chromium]:
    """The page, opened for the first time, wide and light. Whatever the test did, nothing was refused or threw."""
    chromium.call("Emulation.setDeviceMetricsOverride", width=1280, height=800, deviceScaleFactor=1, mobile=False)
    chromium.call("Emulation.setEmulatedMedia", features=[])
    chromium.events.clear()
    chromium.load(served.address)
    chromium.wait("document.querySelector('#shown .item') !== null")
    yield chromium
    faults = chromium.evaluate("faults")
    wrong = {"Log.entryAdded", "Runtime.exceptionThrown"}
    said = [one["params"] for one in chromium.events if one["method"] in wrong]
    chromium.load("about:blank")
    assert faults == []
    assert said == []


@pytest.fixture(scope="session")
def built() -> dict[str, bytes]:
    """The page as it is handed out, by file; where it cannot be made, the tests say what lacks."""
    lacking = [name for name in ("node", "npm") if shutil.which(name) is None]
    if lacking:
        pytest.skip(f"THE WHOLE PAGE IS NOT TESTED: this needs {' and '.join(lacking)}")
    try:
        return packaged.build(PROJECT, PROJECT / "config.yaml", CONFIG, packaged.cache())
    except packaged.Missing as missing:
        pytest.skip(f"THE WHOLE PAGE IS NOT TESTED: {missing}")


@pytest.fixture(scope="session")
def built_folder(built: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    there = tmp_path_factory.mktemp("built")
    for name, data in built.items():
        (there / name).write_bytes(data)
    return there


@pytest.fixture(scope="session")
def worker(built_folder: Path) -> Iterator[Worker]:
    """The page's own worker, in Node."""
    there = Worker(built_folder)
    yield there
    there.end()
