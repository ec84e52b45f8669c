"""Work in a process of its own: its result, or nothing where it fails or reaches a limit; and nothing of it is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from grader.processes import descendants, pool, system

pytestmark = pytest.mark.skipif(not system.FORKS, reason="this system cannot split a process in two")


def fail() -> NoReturn:
    raise ValueError("a fault of the work")


def for_ever() -> NoReturn:
    while True:
        pass


def test_the_result_comes_back_and_nothing_else() -> None:
    seen: list[int] = []
    assert pool.bounded(lambda: (seen.append(1), {"found": 7})[1]) == {"found": 7}
    assert seen == []


@pytest.mark.parametrize("work", [fail, lambda: os._exit(3), lambda: os.kill(os.getpid(), signal.SIGKILL)])
def test_work_that_fails_gives_nothing(work: Callable[[], Any]) -> None:
    assert pool.bounded(work) is None


def test_memory_is_bounded() -> None:
    assert pool.bounded(lambda: len(bytearray(60 << 20)), megabytes=200) == 60 << 20
    assert pool.bounded(lambda: len(bytearray(300 << 20)), megabytes=200) is None


def test_processor_time_is_bounded_and_nobody_is_left_behind() -> None:
    before = descendants.children()
    assert pool.bounded(for_ever, seconds=1) is None
    assert descendants.children() == before
