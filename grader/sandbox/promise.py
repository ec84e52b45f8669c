"""The promise, sentence by sentence, tried in a real child on this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from grader.frozen import frozen
from grader.report import plain as as_text
from grader.sandbox import running
from grader.sandbox.running import LEVELS, Limits, Outcome

_FOLDER = Path(__file__).parent
_SENTENCE = re.compile(r"^- \*\*(\w+)\*\*: (.+)$", re.MULTILINE)
_QUICK = Limits(seconds=5.0, megabytes=256)
_LIMITS = {"time": Limits(seconds=0.5, megabytes=256)}
_ENDS_IN = {"channel": "reply", "time": "time", "memory": "memory", "output": "output", "crash": "crash"}
# Without these a program could harm more than its own mark.
_LEAST = {*_ENDS_IN, "leftover"}
_PROBE = b"\n\ndef backward(v):\n    return {'held': float(%b(v))}\n"
_PLAIN = (
    b"import numpy as np\ndef backward(v):\n    return {'held': float(np.exp(v['x'] - 1.0).tolist() == [1.0, 1.0])}\n"
)


@frozen
class Rating:
    """How well this machine isolates: a level of ``LEVELS``, the layers that are on, and which sentences hold.

    ``reason`` is why no child could be tried, where that is so.
    """

    level: str
    layers: frozenset[str]
    held: Mapping[str, bool]
    reason: str = ""


def sentences() -> dict[str, str]:
    """The promise as data: the sentences that can be tried, by name."""
    text = (_FOLDER / "promise.md").read_text(encoding="utf-8").partition("## What is not stopped")[0]
    return dict(_SENTENCE.findall(text))


def rating(without: frozenset[str] = frozenset()) -> Rating:
    """Tries every sentence in a real child. Takes some seconds; a run itself looks only at its own wall."""
    plain = _try(_PLAIN, "", without)
    if plain.values is None:
        message = plain.printed or (as_text(plain.reason.blocks) if plain.reason else "")
        return Rating("none", frozenset(), dict.fromkeys(sentences(), False), message)
    held = {name: _holds(name, without) for name in sentences()}
    broken = {name for name, holds in held.items() if not holds}
    most = "none" if broken & _LEAST else "partial" if broken else "full"
    return Rating(min(plain.level, most, key=LEVELS.index), plain.layers, held)


def _holds(name: str, without: frozenset[str]) -> bool:
    outcome = _try((_FOLDER / "probes.py").read_bytes() + _PROBE % name.encode(), name, without)
    if name in _ENDS_IN:
        return outcome.reason is not None and outcome.reason.code == f"python.{_ENDS_IN[name]}"
    if name == "apart" and not _says_held(_try(_PLAIN, name, without)):
        return False
    return _says_held(outcome) and not (name == "leftover" and running.processes())


def _try(source: bytes, name: str, without: frozenset[str]) -> Outcome:
    import numpy as np

    instance = {"x": np.ones(2)}
    return running.run(source, [instance, instance], _LIMITS.get(name, _QUICK), "none", without)


def _says_held(outcome: Outcome) -> bool:
    return outcome.values is not None and all(given["held"] == 1.0 for given in outcome.values)
