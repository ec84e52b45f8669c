"""What crosses the wall comes out as it went in; every other byte is refused, before anything is allocated."""

from __future__ import annotations

import json
import os
import tracemalloc
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays

from grader.sandbox import reply
from grader.sandbox.inside import channel
from grader.sandbox.inside.channel import TEXT_LENGTH, Failure, Missing, NotAnArray

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=16)
floats = st.sampled_from([np.float64, np.float32, np.float16]).flatmap(
    lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)
integers = arrays.arrays(np.int64, arrays.array_shapes(min_dims=0, max_dims=2, max_side=3))
not_arrays = st.sampled_from(get_args(Missing)).map(NotAnArray)
replies = st.lists(st.dictionaries(names, floats | not_arrays, max_size=4), max_size=4)
REFUSED = "validation error|a line that is too long|more numbers than|buffer|cannot reshape"


def same(one: list[channel.Values], other: list[channel.Values]) -> bool:
    return len(one) == len(other) and all(
        a.keys() == b.keys() and all(alike(a[name], b[name]) for name in a) for a, b in zip(one, other)
    )


def alike(one: np.ndarray | NotAnArray, other: np.ndarray | NotAnArray) -> bool:
    if isinstance(one, NotAnArray) or isinstance(other, NotAnArray):
        return one == other
    return one.dtype == other.dtype and one.shape == other.shape and np.array_equal(one, other, equal_nan=True)


@given(replies)
def test_arrays_come_out_as_they_went_in(instances: list[channel.Values]) -> None:
    assert same(reply.read(channel.arrays(instances)), instances)


@given(st.binary(max_size=50), st.lists(st.dictionaries(names, floats | integers, max_size=4), max_size=3))
def test_a_job_comes_out_call_by_call(source: bytes, instances: list[channel.Values]) -> None:
    files = {"backprop.py": source, "häuser/__init__.py": b""}
    jobs, job = os.pipe()
    with os.fdopen(job, "wb") as writing:
        writing.write(channel.job(files, instances))
    with os.fdopen(jobs, "rb"):
        read = channel.read_part(jobs)
        assert {name: bytes(file) for name, file in read.items()} == files
        calls = [channel.read_part(jobs) for _ in instances]
        assert same(calls, instances)
        assert all(array.flags.writeable for call in calls for array in call.values())
        assert channel.read_part(jobs) is None


@given(st.sampled_from(get_args(Failure)), st.text(max_size=9), st.integers(0, 2**31 - 1), st.text(max_size=3000))
def test_a_failure_comes_out(name: Failure, file: str, line: int, text: str) -> None:
    told = reply.read(channel.failure(name, file.encode("utf-8", "replace").decode(), line, text))
    assert isinstance(told, reply.Failed)
    assert (told.failure, told.line) == (name, line)
    assert len(told.text.encode()) <= TEXT_LENGTH + 3


@given(st.binary(max_size=200) | st.text().map(str.encode), st.sampled_from([b"", b"[{", b'[{"x": ', b'{"failure": ']))
def test_other_bytes_are_refused(data: bytes, begun: bytes) -> None:
    try:
        told = reply.read(begun + data)
    except ValueError:
        return
    assert told in ([], [{}])


@given(replies, st.data())
def test_no_byte_more_or_less(instances: list[channel.Values], data: st.DataObject) -> None:
    whole = channel.arrays(instances)
    for wrong in (whole[: data.draw(st.integers(0, len(whole) - 2))], whole + b"\0"):
        with pytest.raises(ValueError, match=REFUSED):
            reply.read(wrong)


@given(replies.filter(bool), st.data())
def test_a_changed_byte_is_refused_or_gives_numbers(instances: list[channel.Values], data: st.DataObject) -> None:
    whole = bytearray(channel.arrays(instances))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        told = reply.read(bytes(whole))
    except ValueError:
        return
    if isinstance(told, list):
        values = [value for one in told for value in one.values() if not isinstance(value, NotAnArray)]
        assert all(type(value) is np.ndarray and value.dtype.kind == "f" for value in values)


@pytest.mark.parametrize(
    ("head", "numbers"),
    [
        ([{"x": ["<f8", [2**32 - 1, 2**32 - 1]]}], b""),
        ([{"x": ["<f8", [2**32 - 1, 0]]}], b""),
        ([{"x": ["<f8", [10**50]]}], b""),
        ([{"x": ["<f8", [-1]]}], b""),
        ([{"x": ["<f8", [1.0]]}], bytes(8)),
        ([{"x": ["<f8", [1000] * 8]}], b""),
        ([{"x": ["<f8", [1] * 9]}], bytes(8)),
        ([{"x": ["<f8", [1_000_001]]}], bytes(8)),
        ([{"x": ["<f8", [600_000]], "y": ["<f8", [600_000]]}], bytes(8)),
        ([{"x": ["<i8", []]}], bytes(8)),
        ([{"x": ["|O", []]}], bytes(8)),
        ([{"x": ["<f8"]}], bytes(8)),
        ([{"x": "text"}], bytes(8)),
        ([{"x": "verdict"}], b""),
        ([{"x": 1}], b""),
        ([{"": ["<f8", []]}], bytes(8)),
        ([{"x" * 65: ["<f8", []]}], bytes(8)),
        ([{str(number): ["<f8", []] for number in range(257)}], bytes(8 * 257)),
        ([{}] * 65, b""),
        ([[]], b""),
        ({"failure": "verdict", "file": "backprop.py", "line": 0, "text": ""}, b""),
        ({"failure": "exit", "file": "backprop.py", "line": -1, "text": ""}, b""),
        ({"failure": "exit", "file": "backprop.py", "line": 0, "text": "x" * 2001}, b""),
        ({"failure": "exit", "file": "backprop.py", "line": 0, "text": ""}, b"0"),
        ([{"x": ["<f8", [0]]}] + [{}] * 400_000, b""),
    ],
)
def test_lies_cost_nothing(head: object, numbers: bytes) -> None:
    data = json.dumps(head).encode() + b"\n" + numbers
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=REFUSED):
            reply.read(data)
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
