"""Modules to bytecode, by the Python that will run them: put in the place of ``grader.browser.session`` to do it.

Nothing of this package can be imported here.
"""

from __future__ import annotations

import base64
import io
import py_compile
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

STDLIB = Path("/lib/python314.zip")


def started(config_file: str, load: Callable[[str], None]) -> Callable[[Mapping[str, bytes], bool], dict[str, str]]:
    """As ``session.started``: the "check" compiles the zips that lie where the config would."""
    here = Path(config_file).parent
    sources = {"grader.zip": [here / "ours.zip"], "stdlib.zip": [STDLIB, here / "theirs.zip"]}
    return lambda wanted, _: {
        name: base64.b64encode(compiled(files, bytes(wanted["used"]).decode().split())).decode()
        for name, files in sources.items()
    }


def compiled(files: Sequence[Path], used: Sequence[str]) -> bytes:
    """One zip of several: the modules that are used as bytecode, taken as it is, and everything else as it was."""
    names = {*used, *sys.modules}
    found: dict[str, bytes] = {}
    for file in files:
        with zipfile.ZipFile(file) as sources:
            kept = (name for name in sources.namelist() if not name.endswith("/"))
            found.update((name, sources.read(name)) for name in kept)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, TemporaryDirectory() as folder:
        source, made = Path(folder, "source.py"), Path(folder, "made.pyc")
        for name, content in sorted(found.items()):
            if name.endswith(".py") and name[:-3].replace("/", ".").removesuffix(".__init__") in names:
                source.write_bytes(content)
                as_it_is = py_compile.PycInvalidationMode.UNCHECKED_HASH
                py_compile.compile(str(source), str(made), name, doraise=True, invalidation_mode=as_it_is)
                content, name = made.read_bytes(), f"{name}c"
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=9)
    return stream.getvalue()
