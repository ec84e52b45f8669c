"""One homework, ready to mark with: what the config states compiled, the reference's answers read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from grader import kinds
from grader.assignment import answer_key, config
from grader.assignment.answer_key import AnswerKey
from grader.assignment.config import Config


@dataclass(frozen=True)
class Homework:
    """A config and its answer key; a student's own check has none.

    What is compiled from them is kept for the next submission.
    """

    config: Config
    key: AnswerKey | None = None
    _kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def prepare(self) -> Homework:
        """Compiles everything, so that a faulty config or reference is found before the first submission.

        Raises ``config.Faulty`` with every mistake, or ``answer_key.Faulty``.
        """
        mistakes: list[str] = []
        wrong: list[str] = []
        for name in self.config.parts:
            try:
                self.problem(name)
            except config.Faulty as faulty:
                mistakes.extend(faulty.messages)
            except answer_key.Faulty as faulty:
                wrong.append(str(faulty))
        if mistakes:
            raise config.Faulty(*dict.fromkeys(mistakes))
        if wrong:
            raise answer_key.Faulty("\n".join(wrong))
        return self

    def problem(self, part: str) -> Any:
        """What the answers to a part are held against, as its kind compiles it. Raises as ``prepare`` does."""
        if part not in self._kept:
            row = kinds.PARTS[self.config.parts[part].kind]
            self._kept[part] = row.problem(part, self.config, self.key)
        return self._kept[part]
