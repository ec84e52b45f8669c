"""Searches for so many minutes for bytes that a reader of strange input does not stand: an error that it does not
declare, or no end. A find is printed small, and becomes a test beside the reader.

Hypothesis drives the search, changing files and spellings that are right; with ``--engine atheris`` (where it is
installed) what the code covers drives it.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import importlib.util
import io
import json
import os
import sys
import tarfile
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st

ATHERIS = "atheris" in sys.argv and importlib.util.find_spec("atheris") is not None

if ATHERIS:
    import atheris

with atheris.instrument_imports(include=["grader"]) if ATHERIS else contextlib.nullcontext():
    from grader import answers, document, submission
    from grader.assignment import config
    from grader.language import reading
    from grader.language.unreadable import Unreadable
    from grader.report import Report, from_record
    from grader.sandbox import reply
    from grader.sandbox.inside import channel

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 10.0
NAMES = ("n", "m")
EQUATION_NAMES = ("x", "t", "W1", "b1", "z1", "h", "y", "y'", "S", "J", "J_bar", "y'_bar", "x_bar")
Target = Callable[[bytes], object]


def read_submission(data: bytes) -> None:
    """Whatever the bytes are called, nothing raises and nothing is unpacked."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        for name in ("s.zip", "s.tar.gz", "answers.yaml"):
            path = Path(folder) / name
            path.write_bytes(data)
            submission.read(path)
        assert len(os.listdir(folder)) == 3


def read_document(data: bytes) -> None:
    for read in (document.read, document.salvage):
        try:
            read(data)
        except document.Unreadable:
            continue


def read_answers(data: bytes) -> None:
    stated = _config()
    found = answers.read(submission.Submission(data), stated)
    assert set(found.items) == {item.name for item in stated.items}


def read_config(data: bytes) -> None:
    try:
        config.read(data)
    except config.Faulty:
        return


def read_language(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    readers: tuple[Callable[[], object], ...] = (
        lambda: reading.formula(text, NAMES),
        lambda: reading.order(text, NAMES),
        lambda: reading.condition(text, NAMES),
        lambda: reading.predicate(text, ("x1", "x2")),
        lambda: reading.number(text),
        lambda: reading.array(text),
        lambda: reading.activation(text),
        lambda: reading.equation(text, EQUATION_NAMES),
        lambda: reading.equations(text, EQUATION_NAMES),
        lambda: reading.name(text, EQUATION_NAMES),
        lambda: reading.edges(text, EQUATION_NAMES),
    )
    for read in readers:
        try:
            read()
        except Unreadable:
            continue


def read_channel(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        reply.read(data)


def read_records(data: bytes) -> None:
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return
    try:
        from_record(Report, record)
    except ValueError:
        return


_stated: list[config.Config] = []


def _config() -> config.Config:
    if not _stated:
        _stated.append(config.load(ROOT / "config.yaml"))
    return _stated[0]


def _right_files() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "submissions_example").glob("*/answers.yaml"))] + [
        b"",
        b"a: 1",
    ]


def _archives() -> list[bytes]:
    whole = []
    for data in _right_files()[:3]:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("answers.yaml", data)
            archive.writestr("folder/backprop.py", "def backward(v): return {}")
        whole.append(packed.getvalue())
        for mode in ("w:gz", "w"):
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode=mode) as archive:
                member = tarfile.TarInfo("x/answers.yaml")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
            whole.append(packed.getvalue())
    return whole


def _spellings() -> list[bytes]:
    return (Path(__file__).parent / "fuzz_spellings.txt").read_bytes().splitlines()


def _configs() -> list[bytes]:
    return [(ROOT / "config.yaml").read_bytes()]


def _said() -> list[bytes]:
    import numpy as np

    arrays = [{"x_bar": np.arange(3.0), "S": np.array(1.0)}]
    return [channel.arrays(arrays), channel.failure("exit", "backprop.py", 1, "x")]


def _reports() -> list[bytes]:
    from grader.report import (
        ItemReport,
        Paragraph,
        PartReport,
        Report,
        Table,
        correct,
        to_record,
    )

    item = ItemReport(
        "1.1", "1.1", "t", _config().items[0].points, correct("n", Paragraph("p"), Table(("a",), (("b",),)))
    )
    return [json.dumps(to_record(Report("r", (PartReport("1.1", "t", (item,)),)))).encode()]


TARGETS: dict[str, tuple[Target, Callable[[], list[bytes]]]] = {
    "submission": (read_submission, _archives),
    "document": (read_document, _right_files),
    "answers": (read_answers, _right_files),
    "config": (read_config, _configs),
    "language": (read_language, _spellings),
    "channel": (read_channel, _said),
    "records": (read_records, _reports),
}


def bounded(target: Target) -> Target:
    """The target, at fault too if it takes long; one without end is ended, with the place where it stood."""

    def timed(data: bytes) -> None:
        faulthandler.dump_traceback_later(6 * SECONDS, exit=True)
        start = time.monotonic()
        target(data)
        assert time.monotonic() - start < SECONDS, "too slow"

    return timed


@st.composite
def changed(draw: st.DrawFn, corpus: list[bytes]) -> bytes:
    """Something right with some changes: bytes flipped, pieces cut, doubled, moved, or of another one."""
    data = bytearray(draw(st.sampled_from(corpus)))
    for _ in range(draw(st.integers(0, 6))):
        place, length = draw(st.integers(0, len(data))), draw(st.integers(0, 40))
        piece = draw(
            st.one_of(
                st.binary(max_size=8),
                st.just(bytes(data[place : place + length]) * draw(st.integers(0, 3))),
                st.just(draw(st.sampled_from(corpus))[:length]),
                st.sampled_from(
                    [b"[" * 300, b"{", b"&a ", b"*a", b"!!python/object:os.system ", b"\x00", b"9" * 500, b"^^"]
                ),
                st.text(max_size=6).map(lambda text: text.encode("utf-8", "replace")),
            )
        )
        data[place : place + draw(st.sampled_from([0, len(piece), length]))] = piece
    return bytes(data)


def _search(target: Target, corpus: list[bytes]) -> None:
    @seed(time.time_ns())
    @settings(
        max_examples=200,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        print_blob=False,
    )
    @given(changed(corpus))
    def search(data: bytes) -> None:
        target(data)

    search()


def with_hypothesis(names: list[str], minutes: float) -> int:
    until = time.monotonic() + 60 * minutes
    examples = 0
    while time.monotonic() < until:
        for name in names:
            target, corpus = TARGETS[name]
            try:
                _search(bounded(target), corpus())
            except Exception as error:  # whatever a reader does not declare is a find
                return _found(name, error)
            examples += 200
    faulthandler.cancel_dump_traceback_later()
    print(f"{examples} inputs to {', '.join(names)}: nothing found")
    return 0


def _found(name: str, error: Exception) -> int:
    faulthandler.cancel_dump_traceback_later()
    traceback.print_exception(error)
    print(f"\nfound in {name}: make it a test beside the reader", file=sys.stderr)
    return 1


def with_atheris(names: list[str], minutes: float) -> int:
    timed = [bounded(TARGETS[name][0]) for name in names]

    def search(data: bytes) -> None:
        for target in timed:
            target(data)

    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            for number, data in enumerate(TARGETS[name][1]()):
                (Path(folder) / f"{name}{number}").write_bytes(data)
        atheris.Setup([sys.argv[0], f"-max_total_time={int(60 * minutes)}", "-max_len=20000", folder], search)
        atheris.Fuzz()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--only", choices=sorted(TARGETS), action="append")
    parser.add_argument("--engine", choices=["hypothesis", "atheris"], default="hypothesis")
    options = parser.parse_args()
    names = options.only or list(TARGETS)
    if options.engine == "atheris":
        if not ATHERIS:
            parser.error("atheris is not installed")
        return with_atheris(names, options.minutes)
    return with_hypothesis(names, options.minutes)


if __name__ == "__main__":
    sys.exit(main())
