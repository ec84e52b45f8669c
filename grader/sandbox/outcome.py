"""What a run of a student's program ends in: arrays, or one reason of a closed list, with a message for the student."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Union

from grader.frozen import frozen
from grader.report import Finding, Paragraph, Verbatim, Verdict

if TYPE_CHECKING:
    import numpy as np

    from grader.sandbox.inside import NotAnArray

    Values = dict[str, Union[np.ndarray[Any, Any], NotAnArray]]

PROGRAM = "backprop.py"
LEVELS = ("none", "partial", "strong", "full")
"""How well a machine isolates, from worst to best."""

_FOLDERS = re.compile(r"(?:/[^\s/'\"():,]+)+/")
_QUOTED = 500
_IN_ITS_OWN_WORDS = ("syntax", "import", "exception", "exit", "return")
_CRASHES = ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS")
_ISOLATION = "python.isolation"
_WALLED = ("FileNotFoundError", "PermissionError", "BlockingIOError", "OSError", "RuntimeError: can't start new thread")


@frozen
class Limits:
    """Of one run: wall clock in seconds, memory in megabytes."""

    seconds: float = 10.0
    megabytes: int = 1024


@frozen
class Outcome:
    """Either ``values``, one dict an instance, or the ``reason`` why there are none, for the items of the program.

    In the place of a value that is no array of numbers there is a ``NotAnArray``. ``printed`` is for the doctor, and
    for no report. ``level`` is what isolated the run, as seen from outside.
    """

    values: tuple[Values, ...] | None
    reason: Finding | None
    printed: str = ""
    level: str = "none"
    layers: frozenset[str] = frozenset()


def reason(code: str, *messages: str, quoted: str = "") -> Finding:
    """Why there are no arrays: a person looks where the machine was not fit to run the program.

    What is quoted from the program is shown as it is, but without paths of this machine.
    """
    quote = (Verbatim(_FOLDERS.sub("", quoted)[:_QUOTED]),) if quoted else ()
    verdict = Verdict.REVIEW if code == _ISOLATION else Verdict.INVALID
    return Finding(verdict, (Paragraph(" ".join(messages)), *quote), code)


def not_isolated(level: str, required: str) -> Finding:
    """For a machine below the level that the config asks for."""
    return reason(
        _ISOLATION,
        "backprop.py was not run: this machine cannot isolate it well enough.",
        f"(Isolation here is {level}; the config asks for {required}.)",
        "An instructor will look at it.",
    )


def failed(failure: str, limits: Limits, file: str = PROGRAM, line: int = 0, text: str = "") -> Finding:
    """For what went wrong: ``text`` is the program's own words, or the signal that it crashed by."""
    where = f"In line {line} of {file}" if line else f"In {file}"
    place = f" in line {line}" if line else ""
    there = "numpy, Python's standard library and your own .py files handed in beside backprop.py"
    signalled = "A program must not send itself signals."
    damaged = "This happens in recursion without end, or when memory is changed behind numpy's back."
    messages = {
        "syntax": f"{where} there is a syntax error, so nothing could be run.",
        "import": f"{where} something is imported that is not there. What can be imported: {there}.",
        "exception": f"{where} the program stopped with an error.",
        "exit": f"{where} the program ended itself instead of returning its gradients.",
        "function": "backprop.py defines no function backward(v).",
        "return": "backward(v) must return a dict from names to arrays of numbers, like {'x_bar': array}.",
        "time": f"backprop.py did not finish within {limits.seconds:g} seconds and was stopped.",
        "memory": f"backprop.py ran out of memory{place}: {limits.megabytes} MB are allowed.",
        "output": "backprop.py printed far too much and was stopped.",
        "reply": "What came back from backprop.py is not a dict of arrays.",
        "crash": f"backprop.py crashed Python ({text}). {damaged if text in _CRASHES else signalled}",
    }
    if text.startswith(_WALLED):
        messages["exception"] += " It has no files, no network and no other processes here: only v, numpy and itself."
    quoted = text if failure in _IN_ITS_OWN_WORDS else ""
    return reason(f"python.{failure}", messages[failure], quoted=quoted)
