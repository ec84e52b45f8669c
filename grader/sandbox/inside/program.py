"""Runs a student's program on the instances of a job, in a process that can do nothing but compute and answer."""

from __future__ import annotations

import contextlib
import linecache
import numbers
import os
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np

from . import NotAnArray, channel, modules

NAME = "backprop.py"
FUNCTION = "backward"

_RESERVE = [bytearray(4 << 20)]  # a reply takes memory too, when a program has left none
_REFUSED_KINDS = {"c": "complex", "S": "text", "U": "text"}


class _Odd(Exception):
    """What the function returned is not a dict."""


class NoSuchName(KeyError):
    """A program asked for a value that there is not; says which there are."""

    def __str__(self) -> str:
        name, *names = self.args
        return f"v has no {name!r}; it holds {', '.join(names)}"


class Inputs(dict[str, Any]):
    """The forward values by name. A prime may be written as one: ``y'`` for ``y_prime``."""

    def __missing__(self, name: object) -> Any:
        if self._plain(name) in self:
            return self[self._plain(name)]
        raise NoSuchName(name, *self)

    def get(self, name: object, default: Any = None) -> Any:
        return dict.get(self, self._plain(name), default)

    @staticmethod
    def _plain(name: object) -> Any:
        return name.replace("'", "_prime").replace("′", "_prime") if isinstance(name, str) else name


def answer(jobs: int, replies: int) -> None:
    """Reads one job, runs it, writes one reply, and ends the process."""
    take = partial(_exactly, jobs)
    files, calls = channel.read_job(take)
    try:
        reply = _run(files, calls, take)
    except BaseException as error:  # a student's program may raise anything at all, SystemExit and its own included
        _RESERVE.clear()
        place = _place(error, tuple(files))
        error.__traceback__ = None  # with it goes what the program held
        reply = _failure(error, place, tuple(files))
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    _write_all(replies, reply)
    os._exit(0)


def _run(files: Mapping[str, bytes], calls: int, take: channel.Take) -> bytes:
    backward = _define(files)
    if not callable(backward):
        return channel.failure("function", 0, 0, "")
    returned = []
    for _ in range(calls):
        # Not before its turn: a program can reach everything that is in its process.
        given = backward(Inputs(channel.read_call(take)))
        try:
            returned.append(_values(given))
        except _Odd as odd:
            return channel.failure("return", 0, 0, str(odd))
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


def _values(given: Any) -> channel.Values:
    if not isinstance(given, Mapping):
        raise _Odd(f"it returned a value of type {type(given).__name__}, not a dict")
    if len(given) > channel.NAMES:
        raise _Odd(f"it returned a dict with {len(given)} names; {channel.NAMES} are the most")
    values: channel.Values = {}
    total = 0
    for key, given_value in dict(given).items():
        value = _array(given_value)
        if not isinstance(value, NotAnArray):
            total += value.size
            if total > channel.VALUES:
                total -= value.size
                value = NotAnArray("large")
        values.setdefault(_name(key), value)
    return values


def _name(key: object) -> str:
    """A key as it can be told: any text, or a number; of anything else the type."""
    if not isinstance(key, str):
        key = str(key) if isinstance(key, (int, float)) and abs(key) < 1e15 else f"({type(key).__name__})"
    spelt = str.__str__(key).encode("utf-8", "replace") or b"(empty)"
    if len(spelt) > channel.NAME_BYTES:
        return spelt[: channel.NAME_BYTES - 3].decode("utf-8", "ignore") + "…"
    return spelt.decode()


def _array(value: Any) -> np.ndarray[Any, Any] | NotAnArray:
    if value is None:
        return NotAnArray("nothing")
    try:
        array = np.asarray(value)
        if type(array) is np.ndarray and array.dtype.kind == "O":
            array = _numbers(array)
    except (ValueError, TypeError, OverflowError):
        return NotAnArray("ragged" if isinstance(value, Sequence) else "other")
    if type(array) is not np.ndarray:
        return NotAnArray("other")
    if array.dtype.kind not in "biuf":
        return NotAnArray(_REFUSED_KINDS.get(array.dtype.kind, "other"))
    if array.ndim > channel.DIMENSIONS or array.size > channel.VALUES:
        return NotAnArray("large")
    return np.array(array, dtype=array.dtype if array.dtype in (np.float32, np.float16) else np.float64)


def _numbers(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """An array of plain numbers (integers of any size, fractions, decimals) as floats; any other as it is."""
    if array.size <= channel.VALUES and all(isinstance(item, (numbers.Real, Decimal)) for item in array.flat):
        return array.astype(float)
    return array


def _failure(error: BaseException, place: tuple[int, int], files: Sequence[str]) -> bytes:
    name = "exception"
    if isinstance(error, SyntaxError) and error.filename in files:
        return channel.failure("syntax", files.index(error.filename), error.lineno or 0, _text(error.msg))
    if isinstance(error, ImportError):
        name = "import"
    elif isinstance(error, SystemExit):
        name = "exit"
    elif isinstance(error, MemoryError):
        name = "memory"
    return channel.failure(name, *place, _text(error))


def _text(error: object) -> str:
    """The error as text: it is made by the program's code, which may fail once more."""
    kind = type(error).__name__
    try:
        return str(error) if isinstance(error, str) else f"{kind}: {error}"
    except BaseException:  # as above
        return kind


def _place(error: BaseException, files: Sequence[str]) -> tuple[int, int]:
    """The file and line of the student's own that came last on the way to the error."""
    file, line, trace = 0, 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in files:
            file, line = files.index(trace.tb_frame.f_code.co_filename), trace.tb_lineno
        trace = trace.tb_next
    return file, line


def _exactly(descriptor: int, count: int) -> bytes:
    parts = []
    while count:
        part = os.read(descriptor, min(count, 1 << 16))
        if not part:
            raise EOFError("the job ends early")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
