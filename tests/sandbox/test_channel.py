"""What crosses the wall comes out as it went in; every other byte is refused, before anything is allocated."""

from __future__ import annotations

import io
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays

from grader.sandbox.inside import LAYERS, NOT_ARRAYS, NotAnArray, channel

names = st.text(min_size=1, max_size=16).filter(
    lambda name: 0 < len(name.encode("utf-8", "ignore")) <= 64 and _plain(name)
)
floats = st.sampled_from([np.float64, np.float32, np.float16]).flatmap(
    lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)
integers = arrays.arrays(np.int64, arrays.array_shapes(min_dims=0, max_dims=2, max_side=3))
not_arrays = st.sampled_from(NOT_ARRAYS).map(NotAnArray)
replies = st.lists(st.dictionaries(names, floats | not_arrays, max_size=4), max_size=4)


def _plain(name: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


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
    assert same(channel.read_reply(channel.arrays(instances)), instances)


@given(st.binary(max_size=50), st.lists(st.dictionaries(names, floats | integers, max_size=4), max_size=3))
def test_a_job_comes_out_as_it_went_in(source: bytes, instances: list[channel.Values]) -> None:
    files = {"backprop.py": source, "häuser/__init__.py": b""}
    take = io.BytesIO(channel.job(files, instances)).read
    read, calls = channel.read_job(take)
    assert (read, calls) == (files, len(instances))
    assert same([channel.read_call(take) for _ in range(calls)], instances)
    assert take() == b""


@given(st.sampled_from(channel.FAILURES), st.integers(0, 99), st.integers(0, 2**32 - 1), st.text(max_size=3000))
def test_a_failure_comes_out(name: str, file: int, line: int, text: str) -> None:
    said = channel.read_reply(channel.failure(name, file, line, text))
    assert isinstance(said, channel.Failed)
    assert (said.failure, said.file, said.line) == (name, file, line)
    assert len(said.text.encode()) <= channel.TEXT_BYTES + 3


@given(st.binary(max_size=200), st.booleans())
def test_other_bytes_are_refused(data: bytes, magic: bool) -> None:
    data = channel.REPLY + data if magic else data
    try:
        said = channel.read_reply(data)
    except channel.Malformed:
        return
    assert magic
    again = channel.arrays(said) if isinstance(said, list) else data
    assert again == data


@given(replies, st.data())
def test_no_byte_more_or_less(instances: list[channel.Values], data: st.DataObject) -> None:
    whole = channel.arrays(instances)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(channel.Malformed):
        channel.read_reply(whole[:cut])
    with pytest.raises(channel.Malformed):
        channel.read_reply(whole + b"\0")


@given(replies.filter(bool), st.data())
def test_a_changed_byte_is_refused_or_gives_numbers(instances: list[channel.Values], data: st.DataObject) -> None:
    whole = bytearray(channel.arrays(instances))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        said = channel.read_reply(bytes(whole))
    except channel.Malformed:
        return
    if isinstance(said, list):
        values = [value for one in said for value in one.values() if not isinstance(value, NotAnArray)]
        assert all(type(value) is np.ndarray and value.dtype.kind == "f" for value in values)


def entry(name: bytes, kind: int, *shape: int) -> bytes:
    return bytes([len(name)]) + name + struct.pack(f"<BB{len(shape)}I", kind, len(shape), *shape)


@pytest.mark.parametrize(
    "arrays_said",
    [
        struct.pack("<HH", 1, 1) + entry(b"x", 0, 2**32 - 1, 2**32 - 1),
        struct.pack("<HH", 1, 1) + entry(b"x", 0, 2**32 - 1, 0),
        struct.pack("<HH", 1, 1) + entry(b"x", 0, *[1000] * 8),
        struct.pack("<HH", 1, 1) + entry(b"x", 0, *[1] * 9) + bytes(8),
        struct.pack("<HH", 1, 1) + entry(b"x", 1) + bytes(8),
        struct.pack("<HH", 1, 1) + entry(b"x", 4) + bytes(8),
        struct.pack("<HH", 1, 1) + entry(b"x", 16) + bytes(8),
        struct.pack("<HH", 1, 1) + entry(b"x", 16, 1),
        struct.pack("<HH", 1, 1) + entry(b"x", 16 + len(NOT_ARRAYS)),
        struct.pack("<HH", 1, 1) + entry(b"", 0) + bytes(8),
        struct.pack("<HH", 1, 1) + entry(b"x" * 65, 0) + bytes(8),
        struct.pack("<HH", 1, 1) + entry(b"\xff\xfe", 0) + bytes(8),
        struct.pack("<HH", 1, 2) + entry(b"x", 0) * 2 + bytes(16),
        struct.pack("<HH", 1, 257) + entry(b"x", 0) * 257,
        struct.pack("<H", 65) + struct.pack("<H", 0) * 65,
        struct.pack("<HH", 1, 65535),
        struct.pack("<HH", 2, 0),
        b"",
    ],
)
def test_lies_about_sizes_cost_nothing(arrays_said: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(channel.Malformed):
            channel.read_reply(channel.REPLY + b"\0" + arrays_said)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "instances",
    [
        [{}] * 65,
        [{str(number): np.zeros(1) for number in range(257)}],
        [{"x": np.zeros(1_000_001)}],
        [{"x": np.zeros(600_000), "y": np.zeros(600_000)}],
        [{"x": np.zeros((1,) * 9)}],
        [{"x" * 65: np.zeros(1)}],
        [{"": np.zeros(1)}],
    ],
)
def test_nothing_beyond_the_caps_is_sent(instances: list[channel.Values]) -> None:
    with pytest.raises(channel.Malformed):
        channel.arrays(instances)


@given(st.sets(st.sampled_from(LAYERS)))
def test_an_announcement_comes_out(layers: set[str]) -> None:
    said = channel.announcement(layers)
    assert len(said) == channel.ANNOUNCEMENT_BYTES
    assert channel.read_announcement(said) == layers
    for other in (said + b"\0", said[:-1], b"x" + said[1:]):
        with pytest.raises(channel.Malformed):
            channel.read_announcement(other)
