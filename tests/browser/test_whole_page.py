"""The page as it is handed out, with Python in it: served, without its server, and in one file from disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import PROGRAM, Chromium
from serving import FULL, WATCH, WRONG, Served

from grader.package import browser as packaged


class Opened(Chromium):
    """The page in a browser of its own, which writes down every request that anything in it makes."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "requests.json"
        super().__init__(str(PROGRAM), folder / "profile", f"--log-net-log={self._log}")
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)

    def checked(self, text: str, says: str) -> None:
        self.evaluate("text.focus(), text.select()")
        self.type(text)
        self.wait(f"document.getElementById('state').textContent.includes({json.dumps(says)})", 120)

    def requests(self) -> set[str]:
        """Ends the browser: the addresses that pages and workers asked for, not the browser itself."""
        assert self.evaluate("faults") == []
        assert [
            one["params"] for one in self.events if one["method"] in ("Log.entryAdded", "Runtime.exceptionThrown")
        ] == []
        self.quit()
        told = self._log.read_text().rstrip().removesuffix(",")
        events = json.loads(told if told.endswith("}") else f"{told}]}}")["events"]
        own = (one.get("params", {}) for one in events)
        return {one["url"] for one in own if one.get("initiator", "not an origin") != "not an origin" and "url" in one}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    if PROGRAM is None:
        pytest.skip("NOT TESTED IN A BROWSER: this machine has no Chromium")
    browser = Opened(tmp_path)
    yield browser
    browser.close()


def test_served_it_checks_and_works_on_without_its_server(built_folder, opened, tmp_path):
    served = Served(built_folder)
    opened.load(served.address)
    opened.wait("document.querySelector('#shown .item') !== null", 120)
    opened.checked(FULL, "All 26 answers can be read")
    assert "has a fault" not in opened.evaluate("shown.textContent")
    assert opened.evaluate("document.querySelectorAll('#shown math').length") > 10
    opened.checked(WRONG, "1 of 26 wrong")
    (tmp_path / "answers.yaml").write_text(FULL)
    opened.drop(tmp_path / "answers.yaml")
    opened.wait("document.getElementById('state').textContent.includes('All 26')", 120)
    opened.wait("!document.getElementById('offline').hidden", 120)
    served.close()
    opened.load()
    opened.wait("document.getElementById('state').textContent.includes('All 26')", 120)
    opened.checked(WRONG, "1 of 26 wrong")
    asked = opened.requests()
    assert asked
    assert {address for address in asked if not address.startswith(served.address)} == set()


def test_in_one_file_from_disk_it_asks_for_nothing(built, opened, tmp_path):
    (tmp_path / "self-check.html").write_bytes(packaged.single(built))
    opened.load((tmp_path / "self-check.html").as_uri())
    opened.checked(WRONG, "1 of 26 wrong")
    assert opened.evaluate("document.querySelector('#offline').hidden")
    opened.load()
    opened.wait("document.getElementById('state').textContent.includes('1 of 26 wrong')", 120)
    assert opened.evaluate("document.getElementById('text').value") == WRONG
    assert opened.requests() == set()
