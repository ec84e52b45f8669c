"""The promise, sentence by sentence, tried in a real child on this machine."""

from __future__ import annotations

import re
from pathlib import Path

from grader.frozen import frozen
from grader.report import plain as as_text
from grader.sandbox import fork_server, running
from grader.sandbox.inside import LAYERS
from grader.sandbox.outcome import LEVELS, Limits, Outcome

_FOLDER = Path(__file__).parent
_SENTENCE = re.compile(r"^- \*\*(\w+)\*\*: (.+)$", re.MULTILINE)
_QUICK = Limits(seconds=5.0, megabytes=256)
_LIMITS = {"time": Limits(seconds=0.5, megabytes=256)}
_ENDS_IN = {
    "channel": "python.reply",
    "time": "python.time",
    "memory": "python.memory",
    "output": "python.output",
    "crash": "python.crash",
}
# Without these a program could harm more than its own mark.
_LEAST = ("channel", "time", "memory", "output", "crash", "leftover")
_PROBE = b"\n\ndef backward(v):\n    return {'held': float(%b(v))}\n"
_PLAIN = b"import numpy as np\ndef backward(v):\n    return {'held': np.exp(v['x'] - 1.0)[:len(v)]}\n"


@frozen
class Sentence:
    """One sentence of the promise, and whether it holds here."""

    name: str
    text: str
    held: bool


@frozen
class Rating:
    """How well this machine isolates: a level of ``LEVELS``, the layers that are on, and each sentence tried.

    ``reason`` is why no child could be tried, where that is so.
    """

    level: str
    layers: tuple[str, ...]
    sentences: tuple[Sentence, ...]
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
        return Rating("none", (), tuple(Sentence(name, text, False) for name, text in sentences().items()), message)
    tried = tuple(Sentence(name, text, _holds(name, without)) for name, text in sentences().items())
    broken = {sentence.name for sentence in tried if not sentence.held}
    level = plain.level
    if broken & set(_LEAST):
        level = "none"
    elif broken:
        level = min(level, "partial", key=LEVELS.index)
    return Rating(level, tuple(layer for layer in LAYERS if layer in plain.layers), tried)


def _holds(name: str, without: frozenset[str]) -> bool:
    outcome = _try((_FOLDER / "probes.py").read_bytes() + _PROBE % name.encode(), name, without)
    if name in _ENDS_IN:
        return outcome.reason is not None and outcome.reason.code == _ENDS_IN[name]
    if name == "apart" and not _says_held(_try(_PLAIN, name, without)):
        return False
    return _says_held(outcome) and not (name == "leftover" and fork_server.processes())


def _try(source: bytes, name: str, without: frozenset[str]) -> Outcome:
    import numpy as np

    instance = {"x": np.ones(2)}
    return running.run(source, [instance, instance], _LIMITS.get(name, _QUICK), "none", without)


def _says_held(outcome: Outcome) -> bool:
    import numpy as np

    return outcome.values is not None and all(bool(np.all(given["held"] == 1.0)) for given in outcome.values)
