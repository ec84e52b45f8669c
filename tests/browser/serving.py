"""The page served with a worker that stands in for Pyodide: the same reports, made natively."""

from __future__ import annotations

import hashlib
import json
import tempfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from grader import answers, grading
from grader.assignment import config as configuration
from grader.package import templates
from grader.report import hints
from grader.reporters import html

PROJECT = Path(__file__).parents[2]
CONFIG = configuration.load(PROJECT / "config.yaml")
TEMPLATES = templates.every(CONFIG)
FULL = (PROJECT / "submissions_example/full_marks/answers.yaml").read_text()
WRONG = FULL.replace("S_bar: -J_bar", "S_bar: J_bar")
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
        self.folder = folder
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(SimpleHTTPRequestHandler):
    server: Served

    def translate_path(self, path: str) -> str:
        self.directory = str(self.server.folder)
        return super().translate_path(path)

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


def standing_in(folder: Path, title: str = CONFIG.title) -> Path:
    """The page in a folder, its blanks filled in as the packager does, with the worker that stands in."""
    static = PROJECT / "grader/browser/static"
    for name in ("index.html", "page.css", "page.js"):
        (folder / name).write_bytes((static / name).read_bytes())
    (folder / "look.css").write_bytes((PROJECT / "grader/reporters/html/templates/look.css").read_bytes())
    (folder / "worker.js").write_bytes(Path(__file__).with_name("standing_in.js").read_bytes())
    data = {"title": title, "templates": TEMPLATES, "files": {"worker.js": {"bytes": 10_000_000}}}
    page = (folder / "index.html").read_text()
    start = page.index('id="homework">') + len('id="homework">')
    filled = json.dumps(data).replace("<", "\\u003c")
    (folder / "index.html").write_text(page[:start] + filled + page[page.index("</script>", start) :])
    kept = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}
    worker = (static / "service_worker.js").read_text()
    (folder / "service_worker.js").write_text(worker.replace("const FILES = {};", f"const FILES = {json.dumps(kept)};"))
    return folder
