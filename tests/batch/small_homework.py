"""A homework of two formulas and a condition, with a config and a reference of its own: real marking, in a moment."""

from __future__ import annotations

from pathlib import Path

import yaml

from grader.batch.running import Marker

CONFIG = """\
title: Small
parts:
  "7.1":
    title: Cost
    kind: fields
    points: 2
    symbols: [n, m]
    items:
      time: {kind: formula, title: scalar multiplications}
      when: {kind: condition}
"""
REFERENCE = """\
ANSWERS = {"7.1.time": "2*n**2", "7.1.when": "m > n"}

ACCEPTED = {"7.1.when": [{"answer": "m > n + 1", "credit": "1/4", "message": ""}]}
"""
TIMES = ["2n^2", "n^2 + n^2", "2 N^{2}", "2n·n", "n^2", "n*n", "n²", "2n mults of", "n^3"]
WHENS = ["m > n", "n < m", "m >= n", "n <= m", "not (m < n)", "m > 2"]


def write(folder: Path) -> Marker:
    """The homework in a folder, ready to mark with."""
    (folder / "reference").mkdir(parents=True)
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "reference/__init__.py").write_text(REFERENCE)
    return Marker(folder / "config.yaml", folder / "reference")


def a_class(folder: Path, size: int) -> Path:
    for number in range(size):
        place = folder / f"student_{number:03d}"
        place.mkdir(parents=True)
        answers = {"7.1": {"time": TIMES[number % len(TIMES)], "when": WHENS[number % len(WHENS)]}}
        (place / "answers.yaml").write_text(yaml.safe_dump(answers, allow_unicode=True), encoding="utf-8")
    return folder
