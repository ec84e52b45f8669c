"""The self-check as a page: static files for any web server, or one HTML file, without a single answer.

What runs is Pyodide (npm) with the wheels of PyPI that a check imports, both pinned; the grader's own modules go in as
they are, compiled once by the very Python that runs them. What is downloaded is pinned by a hash, and kept.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from grader.assignment.config import Config
from grader.package import sources, templates, zipped

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

PYODIDE = Path(__file__).with_name("pyodide.json")
"""The version of the npm package, and its integrity as npm states it."""

WASM = "pyemscripten_2026_0_wasm32"
LINUX = "manylinux_2_28_x86_64"
"""Of what has no wheel for the browser, the pure part of another one is taken."""

GRADER = Path(__file__).parents[1]
_FETCH_SECONDS = 600
_COMPILE_SECONDS = 900
_KEPT = 6
"""Compiled pages that are kept: as many as there may be copies of this project."""
_packed = partial(zipped, compression=zipfile.ZIP_DEFLATED)


class Missing(Exception):
    """Something that the page is made of is neither kept here nor to be had."""


def build(home: Path, config_file: Path, config: Config, kept: Path) -> dict[str, bytes]:
    """The files of the page, from the grader in ``home`` and the config; ``kept`` is where downloads stay.

    Raises ``Missing``.
    """
    kept.mkdir(parents=True, exist_ok=True)
    runtime = pyodide(kept)
    lock = home / LOCK
    pure = _modules({**wheels(lock, PURE, WASM, kept), **wheels(lock, PURE_PART, LINUX, kept)})
    theirs = {name: data for name, data in pure.items() if not name.endswith(".so")}
    every = sources(home / "grader", "grader")
    ours = {name: data for name, data in every if not name.startswith((*OURS, "grader/browser/static/"))}
    ours |= {**_modules(wheels(lock, COMPILED, WASM, kept)), "config.yaml": config_file.read_bytes()}
    code = {
        f"{name}.gz": gzip.compress(runtime[name], 9, mtime=0)
        for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
    }
    code["worker.js"] = _static("worker.js")
    code |= _compiled({"ours.zip": ours, "theirs.zip": theirs}, runtime["python_stdlib.zip"], code, config_file, kept)
    for name, package in LATER.items():
        code[f"{name}.zip"] = _packed(_modules(wheels(lock, [package], WASM, kept)))
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
    look = GRADER / "reporters" / "html" / "templates" / "look.css"
    page = {"index.html": index.encode(), "look.css": look.read_bytes()}
    page |= {name: _static(name) for name in ("page.css", "page.js")}
    known = {name: hashlib.sha256(data).hexdigest() for name, data in sorted({**page, **code}.items())}
    worker = _static("service_worker.js").decode().replace("const FILES = {};", f"const FILES = {json.dumps(known)};")
    return {**page, **code, "service_worker.js": worker.encode()}


def _static(name: str) -> bytes:
    return (GRADER / "browser" / "static" / name).read_bytes()


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
    session = Path(__file__).with_name("compiling.py").read_bytes()
    around = {"grader/__init__.py": b"", "grader/browser/__init__.py": b"", "grader/browser/session.py": session}
    packed = {name: _packed(files) for name, files in modules.items()}
    sources = {**code, "stdlib.zip": stdlib, "grader.zip": _packed({**around, **packed})}
    used = _used(config_file)
    parts = [*(sources[name] for name in sorted(sources)), used.encode()]
    known = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    file = kept / f"compiled-{known[:16]}.zip"
    if not file.is_file():
        made = zipped(_made(sources, used))
        with tempfile.TemporaryDirectory(dir=kept) as folder:
            Path(folder, file.name).write_bytes(made)
            Path(folder, file.name).replace(file)
        for old in sorted(kept.glob("compiled-*.zip"), key=lambda one: one.stat().st_mtime)[:-_KEPT]:
            old.unlink(missing_ok=True)
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _made(sources: Mapping[str, bytes], used: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        for name, data in sources.items():
            (Path(folder) / name).write_bytes(data)
        message = json.dumps({"id": 1, "check": {"files": {"used": used}}})
        try:
            done = subprocess.run(
                [node(), str(GRADER / "browser" / "node.mjs"), folder],
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
    done = subprocess.run(command, cwd=GRADER.parent, capture_output=True, text=True, check=True)
    return done.stdout


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def cache() -> Path:
    """Where downloads are kept: the user's folder for that."""
    kept = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(kept) / "grader-browser"


def node() -> str:
    """The program that runs the worker outside a browser. Raises ``Missing``."""
    found = shutil.which("node")
    if found is None:
        raise Missing(
            "Node.js is missing: it compiles the page's modules. On Debian or Ubuntu: apt-get install nodejs npm"
        )
    return found


def pyodide(kept: Path) -> Mapping[str, bytes]:
    """The files of the npm package ``pyodide``, by name. Raises ``Missing``."""
    pinned = json.loads(PYODIDE.read_text(encoding="utf-8"))
    file = kept / f"pyodide-{pinned['version']}.tgz"
    if not file.is_file():
        npm = shutil.which("npm")
        if npm is None:
            raise Missing(f"npm is missing, and the package pyodide {pinned['version']} is not in {kept}.")
        _called([npm, "pack", f"pyodide@{pinned['version']}", "--pack-destination", str(kept)], kept, "npm's pyodide")
    data = file.read_bytes()
    if base64.b64encode(hashlib.sha512(data).digest()).decode() != pinned["integrity"].removeprefix("sha512-"):
        raise Missing(f"{file} is not what {PYODIDE.name} pins: it was damaged or exchanged. Delete it and try again.")
    with tarfile.open(file) as archive:
        files = ((Path(one.name).name, archive.extractfile(one)) for one in archive)
        return {name: file.read() for name, file in files if file is not None}


def wheels(lock: Path, names: Iterable[str], platform: str, kept: Path) -> Mapping[str, zipfile.ZipFile]:
    """The wheels of these packages for a platform, at the versions and with the hashes of a lock file.

    Raises ``Missing``.
    """
    pinned = {name: _pinned(lock, name) for name in names}
    folder = kept / platform
    folder.mkdir(parents=True, exist_ok=True)
    lacking = [name for name, block in pinned.items() if _kept(folder, block) is None]
    if lacking:
        wanted = folder / "wanted.txt"
        wanted.write_text("".join(pinned[name] for name in lacking), encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet"]
        exact = ["--no-deps", "--require-hashes", "--only-binary=:all:", "-r", str(wanted), "--dest", str(folder)]
        there = ["--platform", platform, "--python-version", "3.14", "--implementation", "cp"]
        _called([*pip, *exact, *there], folder, f"What PyPI has of {', '.join(lacking)}")
    found = {name: _kept(folder, block) for name, block in pinned.items()}
    absent = [name for name, file in found.items() if file is None]
    if absent:
        raise Missing(f"There is no wheel of {', '.join(absent)} for {platform} that {lock.name} pins.")
    return {name: zipfile.ZipFile(file) for name, file in found.items() if file is not None}


def _pinned(lock: Path, name: str) -> str:
    """A package's lines of a lock file, for the Python of the browser."""
    text = lock.read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(name)}==[^\n]*\n(?:    --hash[^\n]*\n)+", text, re.MULTILINE)
    if found is None:
        raise Missing(f"{lock} does not pin {name}.")
    return found[0]


def _kept(folder: Path, block: str) -> Path | None:
    hashes = set(re.findall(r"sha256:([0-9a-f]{64})", block))
    name = block.partition("==")[0].replace("-", "_")
    files = (file for file in sorted(folder.glob("*.whl")) if file.name.lower().startswith(f"{name}-"))
    return next((file for file in files if hashlib.sha256(file.read_bytes()).hexdigest() in hashes), None)


def _called(command: list[str], folder: Path, what: str) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=_FETCH_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{what} could not be fetched ({error}), and is not in {folder}.") from error
    if done.returncode:
        errors = [line.strip() for line in done.stderr.splitlines() if "error" in line.lower()]
        raise Missing(f"{what} could not be fetched, and is not in {folder}. {' '.join(errors[:2])}")
