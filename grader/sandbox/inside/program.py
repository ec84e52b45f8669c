"""Runs a student's program on the instances of a job, in a process that can do nothing but compute and answer."""

from __future__ import annotations

import contextlib
import linecache
import numbers
import os
import sys
import traceback
import types
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np

from . import channel, modules
from .channel import DIMENSIONS, NAME_LENGTH, NAMES, VALUES, Failure, Missing, NotAnArray

NAME = "backprop.py"
FUNCTION = "backward"

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
    sources = {name: modules.decoded(source) for name, source in files.items()}
    for name, text in sources.items():
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    sys.meta_path.insert(0, modules.Finder(sources))
    # There is one folder, and it is the root: programs ask for it to find what stands beside them.
    os.getcwd, os.chdir = _root, _root  # type: ignore[assignment]
    module = types.ModuleType("backprop")
    module.__file__ = f"/{NAME}"
    sys.modules["backprop"] = module
    code = modules.compiled(sources[NAME], NAME)
    exec(code, module.__dict__)  # the one place where what a student wrote is executed
    return getattr(module, FUNCTION, None)


def _root(*_: object) -> str:
    return "/"


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
