"""Runs a student's program on the instances of a job, in a process that can do nothing but compute and answer.

It may import Python's standard library and numpy, from memory, and the files handed in beside it.
"""

from __future__ import annotations

import codecs
import contextlib
import importlib
import linecache
import numbers
import os
import sys
import tokenize
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, BuiltinImporter, FrozenImporter, ModuleSpec
from importlib.util import spec_from_file_location
from io import BytesIO
from pathlib import Path, PurePosixPath
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from . import channel
from .channel import DIMENSIONS, NAME_LENGTH, NAMES, VALUES, Failure, Missing, NotAnArray

NAME = "backprop.py"

_RESERVE = [bytearray(4 << 20)]  # a reply takes memory too, when a program has left none
_REFUSED_KINDS: dict[str, Missing] = {"c": "complex", "S": "text", "U": "text"}


class NoSuchName(KeyError):
    """A program asked for a value that there is not; says which there are."""

    __str__ = Exception.__str__  # a KeyError's own puts quotes around the whole


class Inputs(dict[str, Any]):
    """The forward values by name. A prime may be written as one: ``y'`` for ``y_prime``."""

    def __missing__(self, name: object) -> Any:
        if self._plain(name) in self:
            return self[self._plain(name)]
        raise NoSuchName(f"v has no {name!r}; it holds {', '.join(map(str, self))}")

    def get(self, name: object, default: Any = None) -> Any:
        return dict.get(self, self._plain(name), default)

    @staticmethod
    def _plain(name: object) -> Any:
        return name.replace("'", "_prime").replace("′", "_prime") if isinstance(name, str) else name


def answer(jobs: int, replies: int) -> None:
    """Reads one job, runs it, writes one reply, and ends the process."""
    files: dict[str, Any] = channel.read_part(jobs) or {}
    files = {name: bytes(file) for name, file in files.items()}
    try:
        reply = _run(files, jobs)
    except BaseException as error:  # a student's program may raise anything at all, SystemExit and its own included
        _RESERVE.clear()
        file, line = _place(error, tuple(files))
        error.__traceback__ = None  # with it goes what the program held
        reply = _failure(error, file, line, tuple(files))
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    left = memoryview(reply)
    while left:
        left = left[os.write(replies, left) :]
    os._exit(0)


def _run(files: Mapping[str, bytes], jobs: int) -> bytes:
    backward = _define(files)
    if not callable(backward):
        return channel.failure("function", NAME, 0, "")
    returned = []
    # The next inputs are not read before their turn: a program can reach everything that is in its process.
    for inputs in map(Inputs, iter(partial(channel.read_part, jobs), None)):
        given = backward(inputs)
        if not isinstance(given, Mapping):
            text = f"it returned a value of type {type(given).__name__}, not a dict"
            return channel.failure("return", NAME, 0, text)
        if len(given) > NAMES:
            text = f"it returned a dict with {len(given)} names; {NAMES} are the most"
            return channel.failure("return", NAME, 0, text)
        returned.append(_values(given))
    return channel.arrays(returned)


def _define(files: Mapping[str, bytes]) -> Callable[[dict[str, Any]], Any] | None:
    """Executes the program as a module, able to import the files beside it, and gives its function."""
    sources = {name: decoded(source) for name, source in files.items()}
    for name, text in sources.items():
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    sys.meta_path.insert(0, Finder(sources))
    # There is one folder, and it is the root: programs ask for it to find what stands beside them.
    os.getcwd = os.chdir = lambda *_: "/"  # type: ignore[assignment]
    module = ModuleType("backprop")
    module.__file__ = f"/{NAME}"
    sys.modules["backprop"] = module
    code = compiled(sources[NAME], NAME)
    exec(code, module.__dict__)  # the one place where what a student wrote is executed
    return getattr(module, "backward", None)


def _values(given: Mapping[Any, Any]) -> channel.Values:
    values: channel.Values = {}
    left = VALUES
    for key, returned in dict(given).items():
        value = _array(returned, left)
        left -= 0 if isinstance(value, NotAnArray) else value.size
        values.setdefault(_name(key), value)
    return values


def _name(key: object) -> str:
    """A key as it can be told: any text, or a number; of anything else the type."""
    if not isinstance(key, str):
        key = str(key) if isinstance(key, (int, float)) and abs(key) < 1e15 else f"({type(key).__name__})"
    spelt = str.__str__(key).encode("utf-8", "replace") or b"(empty)"
    if len(spelt) > NAME_LENGTH:
        return spelt[: NAME_LENGTH - 3].decode("utf-8", "ignore") + "…"
    return spelt.decode()


def _array(value: Any, most: int) -> np.ndarray[Any, Any] | NotAnArray:
    """A value as an array of floats with no more than so many entries."""
    if value is None:
        return NotAnArray("nothing")
    try:
        array = np.asarray(value)
        objects = type(array) is np.ndarray and array.dtype.kind == "O" and array.size <= VALUES
        # Plain numbers (integers of any size, fractions, decimals) become floats.
        if objects and all(isinstance(item, (numbers.Real, Decimal)) for item in array.flat):
            array = array.astype(float)
    except (ValueError, TypeError, OverflowError):
        return NotAnArray("ragged" if isinstance(value, Sequence) else "other")
    if type(array) is not np.ndarray:
        return NotAnArray("other")
    if array.dtype.kind not in "biuf":
        return NotAnArray(_REFUSED_KINDS.get(array.dtype.kind, "other"))
    if array.ndim > DIMENSIONS or array.size > most:
        return NotAnArray("large")
    return np.array(array, dtype=array.dtype if array.dtype in (np.float32, np.float16) else np.float64)


def _failure(error: BaseException, file: str, line: int, files: Sequence[str]) -> bytes:
    if isinstance(error, SyntaxError) and error.filename in files:
        return channel.failure("syntax", error.filename or NAME, error.lineno or 0, _text(error.msg))
    kinds: dict[type[BaseException], Failure] = {
        ImportError: "import", SystemExit: "exit", MemoryError: "memory", BaseException: "exception",
    }  # fmt: skip
    name = next(name for kind, name in kinds.items() if isinstance(error, kind))
    return channel.failure(name, file, line, _text(error))


def _text(error: object) -> str:
    """The error as text: it is made by the program's code, which may fail once more."""
    kind = type(error).__name__
    try:
        return str(error) if isinstance(error, str) else f"{kind}: {error}"
    except BaseException:  # as above
        return kind


def _place(error: BaseException, files: Sequence[str]) -> tuple[str, int]:
    """The file and line of the student's own that came last on the way to the error."""
    file, line = NAME, 0
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename in files:
            file, line = frame.f_code.co_filename, number
    return file, line


# -- what it may import ------------------------------------------------------------------------------------------------

_FOLDERS_LEFT_OUT = frozenset(
    (
        *("__pycache__", "site-packages", "dist-packages", "lib-dynload", "test", "venv", "ensurepip"),
        *("idlelib", "lib2to3", "turtledemo", "tkinter", "pydoc_data", "curses", "dbm", "sqlite3", "distutils"),
    )
)
_LIBRARIES_LEFT_OUT = (
    *("_test", "_ctypes_test", "_xx", "xx", "_asyncio", "_ssl", "_hashlib", "_crypt", "_remote_debugging", "_sqlite3"),
    *("_curses", "_dbm", "_gdbm", "_tkinter", "nis", "ossaudiodev", "readline", "spwd", "_simd"),
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
        return spec_from_file_location(fullname, f"/{place}", loader=self) if place else None

    def is_package(self, fullname: str) -> bool:
        return self._place(fullname).endswith("/__init__.py")

    def get_source(self, fullname: str) -> str:
        return decoded(self._files[self._place(fullname)])

    def get_code(self, fullname: str) -> CodeType:
        return compiled(self.get_source(fullname), self._place(fullname))

    def _place(self, fullname: str) -> str:
        stem = fullname.replace(".", "/")
        return next((place for place in (f"{stem}.py", f"{stem}/__init__.py") if place in self._files), "")


def take_in(numpy: Path) -> None:
    """Reads all that programs may import later; from here on nothing is imported from files any more."""
    roots = [*((Path(entry), Path(entry)) for entry in sys.path), (numpy, numpy.parent)]
    files = {str(file.relative_to(root)): file for folder, root in roots for file in _files(folder)}
    for place, file in files.items():
        if not file.name.startswith(_LIBRARIES_LEFT_OUT) and "_tests." not in file.name:
            _load(place.replace(os.sep, "."))
    known = {name.replace(".", os.sep) for name in sys.modules}
    sources = {
        place: file.read_bytes()
        for place, file in files.items()
        if place.endswith(".py") and place[:-3].removesuffix(f"{os.sep}__init__") not in known
    }
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter, Finder(sources)]
    sys.path[:] = []
    sys.path_importer_cache.clear()


def _files(folder: Path) -> Iterator[Path]:
    for at, inner, names in os.walk(folder):
        inner[:] = [name for name in inner if name not in _FOLDERS_LEFT_OUT and "-" not in name]
        yield from (Path(at, name) for name in names if not name.startswith("test_"))


def _load(file: str) -> None:
    """A module in machine code is loaded now: behind the wall none can be."""
    suffix = next((suffix for suffix in EXTENSION_SUFFIXES if file.endswith(suffix)), None)
    if suffix is not None:
        name = file.removesuffix(suffix)
        try:
            importlib.import_module(name)
        except ImportError:  # a library that it needs is not on this machine
            sys.modules.pop(name, None)


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
