"""The self-check as a page: static files for any web server, or one HTML file, without a single answer.

What runs is Pyodide (npm) with the wheels of PyPI that a check imports, both pinned; the grader's own modules go in as
they are, compiled once by the very Python that runs them.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from grader.assignment.config import Config
from grader.package import registries, sources, templates, zipped
from grader.package.registries import Missing

PURE = (
    "annotated-types", "jinja2", "lark", "markdown-it-py", "mdurl", "pydantic", "rich", "typing-extensions",
    "typing-inspection",
)  # fmt: skip
COMPILED = ("pydantic-core",)
PURE_PART = ("markupsafe", "pyyaml")
LATER = {"flint": "python-flint"}
"""What is loaded only by the first proof that asks, by the name under which it is imported."""

LOCK = "requirements-check.lock"

OURS = tuple(
    f"grader/{name}" for name in ("__main__.py", "audit.py", "batch/", "cli/", "desk/", "package/", "project.py")
)
"""Of our own modules, those that no check imports."""

THEIRS = (
    "lark/__pyinstaller/", "lark/tools/", "markdown_it/cli/",
    "pydantic/mypy.py", "pydantic/v1/", "rich/_windows", "rich/diagnose.py", "rich/markdown.py", "rich/prompt.py",
    "rich/syntax.py",
)  # fmt: skip

_COMPILE_SECONDS = 900
_KEPT = 6
"""Compiled pages that are kept: as many as there may be copies of this project."""
_packed = partial(zipped, compression=zipfile.ZIP_DEFLATED)


def build(home: Path, config_file: Path, config: Config, kept: Path) -> dict[str, bytes]:
    """The files of the page, from the grader in ``home`` and the config; ``kept`` is where downloads stay.

    Raises ``Missing``.
    """
    kept.mkdir(parents=True, exist_ok=True)
    runtime = registries.pyodide(kept)
    lock = home / LOCK
    wheels = {
        **registries.wheels(lock, (*PURE, *COMPILED), registries.WASM, kept),
        **registries.wheels(lock, PURE_PART, registries.LINUX, kept),
    }
    linked = {name: data for package in COMPILED for name, data in _modules({package: wheels.pop(package)}).items()}
    theirs = {name: data for name, data in _modules(wheels).items() if not name.endswith(".so")}
    every = sources(home / "grader", "grader")
    ours = {name: data for name, data in every if not name.startswith((*OURS, "grader/browser/static/"))}
    ours |= {**linked, "config.yaml": config_file.read_bytes()}
    code = {
        f"{name}.gz": gzip.compress(runtime[name], 9, mtime=0)
        for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
    }
    code["worker.js"] = _static("worker.js")
    code |= _compiled({"ours.zip": ours, "theirs.zip": theirs}, runtime["python_stdlib.zip"], code, config_file, kept)
    for name, package in LATER.items():
        code[f"{name}.zip"] = _packed(_modules(registries.wheels(lock, [package], registries.WASM, kept)))
    return _page(config, code)


def single(files: Mapping[str, bytes]) -> bytes:
    """The page in one HTML file: what it would load lies in it."""
    page = files["index.html"].decode()
    style = (files["look.css"] + files["page.css"]).decode()
    script = files["page.js"].decode()
    page = page.replace('<link rel="stylesheet" href="look.css">\n', "")
    page = page.replace('<link rel="stylesheet" href="page.css">', f"<style>{style}</style>")
    loaded = set(files) - {"index.html", "look.css", "page.css", "page.js", "service_worker.js"}
    data = "".join(
        f'<script type="text/plain" data-file="{name}">{base64.b64encode(files[name]).decode()}</script>\n'
        for name in sorted(loaded)
    )
    page = page.replace('<script src="page.js"></script>', f"{data}<script>{script}</script>")
    policy = (
        f"default-src 'none'; script-src {_hash(script)} blob: 'wasm-unsafe-eval'; worker-src data:; "
        f"style-src {_hash(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return re.sub(r'(http-equiv="Content-Security-Policy" content=")[^"]*', rf"\g<1>{policy}", page).encode()


def _page(config: Config, code: Mapping[str, bytes]) -> dict[str, bytes]:
    homework = {
        "title": config.title,
        "templates": templates.every(config),
        "files": {
            name: {"bytes": len(data), **({"later": True} if name.removesuffix(".zip") in LATER else {})}
            for name, data in sorted(code.items())
        },
    }
    data = json.dumps(homework, ensure_ascii=False).replace("<", "\\u003c")
    index = re.sub(
        r'(<script type="application/json" id="homework">).*?(</script>)',
        lambda found: f"{found[1]}{data}{found[2]}",
        _static("index.html").decode(),
        flags=re.DOTALL,
    )
    look = Path(__file__).parents[1] / "reporters" / "html" / "templates" / "look.css"
    page = {"index.html": index.encode(), "look.css": look.read_bytes()}
    page |= {name: _static(name) for name in ("page.css", "page.js")}
    known = {name: hashlib.sha256(data).hexdigest() for name, data in sorted({**page, **code}.items())}
    worker = _static("service_worker.js").decode().replace("const FILES = {};", f"const FILES = {json.dumps(known)};")
    return {**page, **code, "service_worker.js": worker.encode()}


def _static(name: str) -> bytes:
    return (Path(__file__).parents[1] / "browser" / "static" / name).read_bytes()


def _modules(wheels: Mapping[str, zipfile.ZipFile]) -> dict[str, bytes]:
    """What is imported from wheels: modules and libraries, without tests and what else nothing imports."""
    return {
        name: wheel.read(name)
        for wheel in wheels.values()
        for name in wheel.namelist()
        if re.search(r"\.(py|so|lark)$|\.so\.\d|/py\.typed$", name)
        and not name.startswith(THEIRS)
        and not re.search(r"(^|/)tests?/", name)
    }


def _compiled(
    modules: Mapping[str, Mapping[str, bytes]], stdlib: bytes, code: Mapping[str, bytes], config_file: Path, kept: Path
) -> dict[str, bytes]:
    """The zips of modules as bytecode, made in Node by the page's own worker; kept, since that takes half a minute."""
    here = Path(__file__).with_name("compiling.py").read_bytes()
    sources = {
        **code,
        "stdlib.zip": stdlib,
        "grader.zip": _packed(
            {
                "grader/__init__.py": b"",
                "grader/browser/__init__.py": b"",
                "grader/browser/session.py": here,
                **{name: _packed(files) for name, files in modules.items()},
            }
        ),
    }
    used = _used(config_file)
    parts = [*(sources[name] for name in sorted(sources)), used.encode()]
    known = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    folder = kept / f"compiled-{known[:16]}"
    if not folder.is_dir():
        made = _made(sources, used)
        with tempfile.TemporaryDirectory(dir=kept) as new:
            for name, data in made.items():
                (Path(new) / name).write_bytes(data)
            with contextlib.suppress(OSError):  # someone else has made the same meanwhile
                shutil.copytree(new, kept / f"{Path(new).name}-whole").rename(folder)
        for old in sorted(kept.glob("compiled-*"), key=lambda one: one.stat().st_mtime)[:-_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def _made(sources: Mapping[str, bytes], used: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        for name, data in sources.items():
            (Path(folder) / name).write_bytes(data)
        message = json.dumps({"id": 1, "check": {"files": {"used": used}}})
        host = Path(__file__).parents[1] / "browser" / "node.mjs"
        try:
            done = subprocess.run(
                [registries.node(), str(host), folder],
                input=f"{message}\n", capture_output=True, text=True, timeout=_COMPILE_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Missing(f"Node did not compile the page's modules within {_COMPILE_SECONDS} s.") from error
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    report = next((one["report"] for one in answers if "report" in one), None)
    if report is None:
        reason = next((one["fault"] for one in answers if "fault" in one), done.stderr[-400:])
        raise Missing(f"The page's modules could not be compiled: {reason}")
    return {name: base64.b64decode(data) for name, data in report.items()}


def _used(config_file: Path) -> str:
    """The modules that a check imports, found by a check: these are worth compiling."""
    look = (
        "import sys; from pathlib import Path; from grader.browser import session; "
        "session.Session(Path(sys.argv[1])).check({}, True); print(*sorted(sys.modules))"
    )
    command = [sys.executable, "-c", look, str(config_file.resolve())]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    return done.stdout


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
