"""What a program may import: Python's standard library and numpy, from memory, and the files handed in beside it."""

from __future__ import annotations

import codecs
import contextlib
import importlib
import os
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, BuiltinImporter, FrozenImporter, ModuleSpec
from importlib.util import spec_from_loader
from io import BytesIO
from pathlib import Path, PurePosixPath
from types import CodeType, ModuleType

_FOLDERS_LEFT_OUT = frozenset(
    (
        *("__pycache__", "site-packages", "dist-packages", "lib-dynload", "test", "venv", "ensurepip"),
        *("idlelib", "lib2to3", "turtledemo", "tkinter", "pydoc_data", "curses", "dbm", "sqlite3", "distutils"),
    )
)
_LIBRARIES_LEFT_OUT = (
    *("_test", "_ctypes_test", "_xx", "xx", "_asyncio", "_ssl", "_hashlib", "_crypt", "_remote_debugging", "_sqlite3"),
    *("_curses", "_dbm", "_gdbm", "_tkinter", "nis", "ossaudiodev", "readline", "spwd"),
)
"""By the beginning of the name: what takes long to load, or works on what is not there behind the wall."""


class Finder(MetaPathFinder, InspectLoader):
    """Imports modules from sources in memory: files by their place, such as ``asyncio/__init__.py``.

    A folder without such a file is a package too.
    """

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        folders = {str(folder) for place in files for folder in PurePosixPath(place).parents} - {"."}
        self._files = {**{f"{folder}/__init__.py": "" for folder in folders}, **files}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        place = self._place(fullname)
        return spec_from_loader(fullname, self, origin=place, is_package=self.is_package(fullname)) if place else None

    def is_package(self, fullname: str) -> bool:
        return self._place(fullname).endswith("/__init__.py")

    def get_source(self, fullname: str) -> str:
        return decoded(self._files[self._place(fullname)])

    def get_code(self, fullname: str) -> CodeType:
        return compiled(self.get_source(fullname), self._place(fullname))

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = f"/{self._place(module.__name__)}"
        super().exec_module(module)

    def _place(self, fullname: str) -> str:
        stem = fullname.replace(".", "/")
        return next((place for place in (f"{stem}.py", f"{stem}/__init__.py") if place in self._files), "")


def take_in(numpy: Path) -> None:
    """Reads all that programs may import later; from here on nothing is imported from files any more."""
    folders = [Path(entry) for entry in sys.path]
    _load_libraries(folders, numpy)
    files: dict[str, str | bytes] = {}
    for folder in folders:
        files.update(_sources(folder, folder))
    files.update(_sources(numpy, numpy.parent))
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter, Finder(files)]
    sys.path[:] = []
    sys.path_importer_cache.clear()


def _sources(folder: Path, root: Path) -> Iterator[tuple[str, bytes]]:
    for at, inner, names in os.walk(folder):
        inner[:] = [name for name in inner if name not in _FOLDERS_LEFT_OUT and "-" not in name]
        for name in names:
            place = os.path.relpath(os.path.join(at, name), root)
            if not name.endswith(".py") or name.startswith("test_"):
                continue
            if place[:-3].replace(os.sep, ".").removesuffix(".__init__") not in sys.modules:
                yield place, Path(at, name).read_bytes()


def _load_libraries(folders: Iterable[Path], numpy: Path) -> None:
    """Modules in machine code are loaded now: behind the wall nothing can be."""
    for folder in folders:
        for name in sorted(os.listdir(folder)) if folder.is_dir() else ():
            if not name.startswith(_LIBRARIES_LEFT_OUT):
                _load(name)
    for at, _, names in os.walk(numpy):
        package = ".".join(("numpy", *Path(at).relative_to(numpy).parts))
        for name in names:
            if not name.startswith("_simd") and "_tests." not in name:
                _load(f"{package}.{name}")


def _load(name: str) -> None:
    suffix = next((suffix for suffix in EXTENSION_SUFFIXES if name.endswith(suffix)), None)
    if suffix is not None:
        try:
            importlib.import_module(name[: -len(suffix)])
        except ImportError:  # a library that it needs is not on this machine
            sys.modules.pop(name[: -len(suffix)], None)


def decoded(source: str | bytes) -> str:
    """A source as text, on every version of Python alike: by its mark, its declaration, as UTF-8, or else Latin-1."""
    if isinstance(source, str):
        return source
    for name in _encodings(source):
        with contextlib.suppress(UnicodeError, LookupError):
            return source.decode(name).removeprefix("\ufeff")
    return source.decode("latin-1")


def _encodings(source: bytes) -> Iterator[str]:
    if source.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        yield "utf-32"
    if source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield "utf-16"
    first, second = (source[place:200:2].count(0) for place in (0, 1))
    if first + second > len(source[:200]) / 4:  # two bytes a letter, without a mark
        yield "utf-16-be" if first > second else "utf-16-le"
    with contextlib.suppress(SyntaxError):  # it declares an encoding that there is not
        yield tokenize.detect_encoding(BytesIO(source).readline)[0]
    yield "utf-8"


def compiled(text: str, name: str) -> CodeType:
    """The code of a source. Raises ``SyntaxError``."""
    if "\0" in text:  # each Python says something else
        line = text[: text.index("\0")].count("\n") + 1
        raise SyntaxError("there is a null character", (name, line, 1, None))
    return compile(text, name, "exec", dont_inherit=True)
