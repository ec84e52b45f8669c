"""Pictures of the pages, to be looked at: the class of examples and one of its submissions, by Chromium.

Wide, on a phone, dark, and as printed. ``make pictures OUT=pictures`` runs it.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHROMIUM = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
LOOKS = {
    "wide": ["--window-size=1280,2400"],
    "phone": ["--window-size=390,2400"],
    "dark": ["--window-size=1280,2400", "--blink-settings=preferredColorScheme=0"],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out.resolve()
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        print("There is no Chromium here: on Debian, apt-get install chromium.", file=sys.stderr)
        return 1
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        marks = Path(folder, "marks")
        grader = [sys.executable, "-m", "grader", "batch", "submissions_example", "--out", str(marks)]
        subprocess.run(grader, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        pages = {"class": marks / "report.html", "submission": next((marks / "pages").glob("handwritten*.html"))}
        for name, page in pages.items():
            for look, options in LOOKS.items():
                _taken(browser, page, [*options, f"--screenshot={out / f'{name}-{look}.png'}"], folder)
            _taken(browser, page, [f"--print-to-pdf={out / f'{name}-print.pdf'}"], folder)
    print(f"{len(pages) * (len(LOOKS) + 1)} pictures in {out}")
    return 0


def _taken(browser: str, page: Path, options: list[str], folder: str) -> None:
    words = [browser, *CHROMIUM, f"--user-data-dir={folder}/browser", *options, page.as_uri()]
    subprocess.run(words, check=True, capture_output=True, timeout=60)


if __name__ == "__main__":
    sys.exit(main())
