"""Reading write-ups beside answers.yaml: twenty pages, and a class in which two of three hand one in.

Prints, from one run: how long 20 pages take once everything is loaded, and how many times longer than the same answers
in answers.yaml; and how fast the class is marked, beside the same class that hands in answers.yaml alone. SIZE in the
environment names another size than 60.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grader import answers, submission
from grader.assignment import config

sys.path.insert(0, str(Path(__file__).parent / "material"))
import a_class

ROOT = Path(__file__).parents[1]
SIZE = int(os.environ.get("SIZE", "60"))
PAGE = 3000
"""Characters on a page of text and formulas."""
DERIVATION = (
    "We now turn to the next variable. By the chain rule, and since the sum runs over all classes $k$, we have "
    "$$\\frac{\\partial \\mathcal{L}}{\\partial a_i} = \\sum_k \\frac{\\partial \\mathcal{L}}{\\partial o_k} "
    "\\frac{\\partial o_k}{\\partial a_i},$$ in which every term with $k \\neq i$ vanishes, as was shown above.\n\n"
)


def fields(given: object, name: str) -> dict[str, str]:
    """Every answer of a file by the name of its mark; a network and a graph are marked whole."""
    if isinstance(given, dict) and name not in ("1.1", "1.2", "2.1.1"):
        return {mark: text for key, inner in given.items() for mark, text in fields(inner, f"{name}.{key}").items()}
    return {name: given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)}


def markdown(given: dict) -> str:
    """Answers as a write-up in Markdown, each marked."""
    parts = (
        f"## {part}\n\n" + "".join(f"- {name}: {text}\n" for name, text in fields(inner, part).items())
        for part, inner in given.items()
    )
    return "\n".join(parts)


def latex(given: dict) -> str:
    """Answers as a write-up in LaTeX, each marked."""
    parts = (
        f"\\section*{{{part}}}\n"
        + "".join(f"\\answer{{{name}}}{{{text}}}\n\n" for name, text in fields(inner, part).items())
        for part, inner in given.items()
    )
    return "\\documentclass{article}\n\\begin{document}\n" + "\n".join(parts) + "\\end{document}\n"


WRITERS = {"homework.md": markdown, "homework.tex": latex}


def of_twenty_pages(given: dict, name: str) -> str:
    """A write-up of 20 pages: the answers, and derivations behind them."""
    text = WRITERS[name](given)
    count = (20 * PAGE - len(text)) // len(DERIVATION)
    end = "\\end{document}\n" if name.endswith(".tex") else ""
    return text.removesuffix(end) + "\n" + DERIVATION * count + end


def read(name: str, text: str) -> float:
    """Milliseconds of the processor for reading one file."""
    homework = config.load(ROOT / "config.yaml")
    times = []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_text(text, encoding="utf-8")
        for _ in range(9):
            begin = time.process_time()
            answers.read(submission.read(folder), homework)
            times.append(1000 * (time.process_time() - begin))
    return statistics.median(times)


def mixed(typed: Path, out: Path) -> Path:
    """The same class, in which of three submissions one is LaTeX and one is Markdown."""
    for number, place in enumerate(sorted(typed.iterdir())):
        shutil.copytree(place, out / place.name)
        file = out / place.name / "answers.yaml"
        try:
            given = json.loads(file.read_text("utf-8"))
        except ValueError:
            continue  # one that is broken on purpose
        if number % 3:
            name = list(WRITERS)[number % 3 - 1]
            (out / place.name / name).write_text(WRITERS[name](given), encoding="utf-8")
            file.unlink()
    return out


def marked(path: Path, out: Path) -> float:
    begin = time.perf_counter()
    words = [sys.executable, "-m", "grader", "batch", str(path), "--out", str(out)]
    subprocess.run(words, check=True, capture_output=True)
    return time.perf_counter() - begin


def main() -> None:
    given = next(
        json.loads(files["answers.yaml"]) for number in range(100) if len(files := a_class.submission(number)) == 1
    )
    beside = read("answers.yaml", json.dumps(given))
    for name in WRITERS:
        taken = read(name, of_twenty_pages(given, name))
        print(f"20 pages of {name:12}: {taken:4.0f} ms, {taken / beside:4.1f} times answers.yaml")
    with tempfile.TemporaryDirectory() as folder:
        typed = a_class.make(Path(folder, "typed"), SIZE)
        written = mixed(typed, Path(folder, "mixed"))
        alone, with_write_ups = marked(typed, Path(folder, "one")), marked(written, Path(folder, "two"))
    print(
        f"{SIZE} submissions, two of three a write-up: {alone / with_write_ups:.2f} times as fast as answers.yaml alone"
    )


if __name__ == "__main__":
    main()
