"""A browser, and the page served with a worker that stands in for Pyodide: the same reports, made natively."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from chromium import PROGRAM, Chromium
from in_node import Worker

from grader import answers, grading
from grader.assignment import config as configuration
from grader.package import browser as packaged, registries, template, write_ups
from grader.report import hints
from grader.reporters import html

PROJECT = Path(__file__).parents[2]
CONFIG = configuration.load(PROJECT / "config.yaml")
TEMPLATES = {
    "answers.yaml": template.text(CONFIG),
    "homework.tex": write_ups.latex(CONFIG),
    "homework.md": write_ups.markdown(CONFIG),
}
WATCH = """
window.faults = [];
addEventListener("securitypolicyviolation", event => faults.push(`${event.violatedDirective} ${event.blockedURI}`));
addEventListener("unhandledrejection", event => faults.push(String(event.reason)));
addEventListener("error", event => faults.push(event.message));
"""


class Served(ThreadingHTTPServer):
    """The folder, from an origin that no other test has; ``asked`` is what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(SimpleHTTPRequestHandler):
    server: Served

    def log_message(self, *_: object) -> None:
        self.server.asked.append(self.path)

    def do_POST(self) -> None:
        files = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
                Path(folder, name).write_text(text)
            report = hints(grading.mark(answers.of(Path(folder), CONFIG), grading.Homework(CONFIG)))
        body = json.dumps({"html": html.beside(report, "answers.yaml")}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def standing_in(folder: Path) -> Path:
    """The page in a folder, its blanks filled in as the packager does, with the worker that stands in."""
    static = PROJECT / "grader/browser/static"
    for name in ("index.html", "page.css", "page.js"):
        (folder / name).write_bytes((static / name).read_bytes())
    (folder / "look.css").write_bytes((PROJECT / "grader/reporters/html/templates/look.css").read_bytes())
    (folder / "worker.js").write_bytes(Path(__file__).with_name("standing_in.js").read_bytes())
    data = {"title": CONFIG.title, "templates": TEMPLATES, "patience": 2, "files": {"worker.js": {}}}
    page = (folder / "index.html").read_text()
    start = page.index('id="homework">') + len('id="homework">')
    filled = json.dumps(data).replace("<", "\\u003c")
    (folder / "index.html").write_text(page[:start] + filled + page[page.index("</script>", start) :])
    kept = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}
    worker = (static / "service_worker.js").read_text()
    (folder / "service_worker.js").write_text(worker.replace("const FILES = {};", f"const FILES = {json.dumps(kept)};"))
    return folder


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
    if os.environ.get("BROWSER_TEST") != "1":
        pytest.skip("only `make test-browser` makes the whole page")
    lacking = [name for name in ("node", "npm") if shutil.which(name) is None]
    if lacking:
        pytest.skip(f"THE WHOLE PAGE IS NOT TESTED: this needs {' and '.join(lacking)}")
    try:
        return packaged.build(PROJECT, PROJECT / "config.yaml", CONFIG, registries.cache())
    except registries.Missing as missing:
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
