"""What the browser's Python is made of, from npm and PyPI by name: each file pinned by a hash, and kept."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

PYODIDE = Path(__file__).with_name("pyodide.json")
"""The version of the npm package, and its integrity as npm states it."""

WASM = "pyemscripten_2026_0_wasm32"
LINUX = "manylinux_2_28_x86_64"
"""Of what has no wheel for the browser, the pure part of another one is taken."""

_SECONDS = 600


class Missing(Exception):
    """Something that the page is made of is neither kept here nor to be had."""


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
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{what} could not be fetched ({error}), and is not in {folder}.") from error
    if done.returncode:
        errors = [line.strip() for line in done.stderr.splitlines() if "error" in line.lower()]
        raise Missing(f"{what} could not be fetched, and is not in {folder}. {' '.join(errors[:2])}")
