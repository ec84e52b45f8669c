"""Runs a student's program on the instances of a job, in a process that can do nothing but compute and answer."""

from __future__ import annotations

import contextlib
import linecache
import os
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from . import channel

NAME = "backprop.py"
FUNCTION = "backward"

_CHUNK = 1 << 16
_RESERVE = [bytearray(4 << 20)]  # a reply takes memory too, when a program has left none
_REFUSED_KINDS = {"O": "no numbers", "c": "complex numbers", "S": "text", "U": "text", "V": "records", "M": "dates"}


class _Odd(Exception):
    """What the function returned is not a dict of arrays of numbers."""


def answer(jobs: int, replies: int) -> None:
    """Reads one job, runs it, writes one reply, and ends the process."""
    source, instances = channel.read_job(_read_all(jobs))
    os.close(jobs)
    try:
        reply = _run(source, instances)
    except BaseException as error:  # a student's program may raise anything at all, SystemExit and its own included
        _RESERVE.clear()
        line = _line(error)
        error.__traceback__ = None  # with it goes what the program held
        reply = _failure(error, line)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    _write_all(replies, reply)
    os._exit(0)


def _run(source: bytes, instances: channel.Instances) -> bytes:
    backward = _define(source)
    if not callable(backward):
        return channel.failure("function", 0, "")
    returned = []
    for instance in instances:
        given = backward({name: array.copy() for name, array in instance.items()})
        try:
            returned.append(_arrays(given))
        except _Odd as odd:
            return channel.failure("return", 0, str(odd))
    return channel.arrays(returned)


def _define(source: bytes) -> Callable[[dict[str, Any]], Any] | None:
    """Executes the program as a module and gives its function."""
    module = types.ModuleType("backprop")
    module.__file__ = NAME
    sys.modules["backprop"] = module
    text = source.decode("utf-8", "replace")
    linecache.cache[NAME] = (len(text), None, text.splitlines(keepends=True), NAME)
    code = compile(source, NAME, "exec", dont_inherit=True)
    exec(code, module.__dict__)  # the one place where what a student wrote is executed
    return getattr(module, FUNCTION, None)


def _arrays(given: Any) -> dict[str, np.ndarray[Any, Any]]:
    if not isinstance(given, Mapping):
        raise _Odd(f"it returned {_kind(given)}, not a dict")
    if len(given) > channel.NAMES:
        raise _Odd(f"it returned a dict with {len(given)} names; {channel.NAMES} are the most")
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    total = 0
    for name, value in dict(given).items():
        if not isinstance(name, str) or not 0 < len(name.encode("utf-8", "replace")) <= channel.NAME_BYTES:
            raise _Odd(f"the dict has a key that is no name: {_kind(name)}")
        arrays[str(name)] = array = _array(str(name), value)
        total += array.size
        if total > channel.VALUES:
            raise _Odd(f"it returned more than {channel.VALUES:,} numbers")
    return arrays


def _array(name: str, value: Any) -> np.ndarray[Any, Any]:
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise _Odd(f'"{name}" cannot be made an array: {error}') from error
    if type(array) is not np.ndarray:
        raise _Odd(f'"{name}" is {_kind(value)}, not an array')
    if array.dtype.kind not in "biuf":
        raise _Odd(f'"{name}" holds {_REFUSED_KINDS.get(array.dtype.kind, "no numbers")} ({_kind(value)})')
    if array.ndim > channel.DIMENSIONS or array.size > channel.VALUES:
        raise _Odd(f'"{name}" is too large: its shape is {array.shape}')
    return np.array(array, dtype=array.dtype if array.dtype in (np.float32, np.float16) else np.float64)


def _kind(value: Any) -> str:
    return f"a value of type {type(value).__name__}"


def _failure(error: BaseException, line: int) -> bytes:
    name = "exception"
    if isinstance(error, SyntaxError) and error.filename == NAME:
        return channel.failure("syntax", error.lineno or 0, _words(error.msg))
    if isinstance(error, ImportError):
        name = "import"
    elif isinstance(error, SystemExit):
        name = "exit"
    elif isinstance(error, MemoryError):
        name = "memory"
    return channel.failure(name, line, _words(error))


def _words(error: object) -> str:
    """The error's own words: they are made by the program's code, which may fail once more."""
    kind = type(error).__name__
    try:
        return str(error) if isinstance(error, str) else f"{kind}: {error}"
    except BaseException:  # as above
        return kind


def _line(error: BaseException) -> int:
    """The last line of the student's own on the way to the error."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _read_all(descriptor: int) -> bytes:
    parts = []
    while part := os.read(descriptor, _CHUNK):
        parts.append(part)
    return b"".join(parts)


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
