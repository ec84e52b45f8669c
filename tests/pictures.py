"""Pictures of the pages, to be looked at: a class and one of its submissions, and the self-check, by Chromium.

Wide, on a phone, dark, and as printed. ``make pictures OUT=pictures`` runs it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent / "browser"))

import serving
from chromium import PROGRAM, Chromium

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
    if PROGRAM is None:
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
                _taken(page, [*options, f"--screenshot={out / f'{name}-{look}.png'}"], folder)
            _taken(page, [f"--print-to-pdf={out / f'{name}-print.pdf'}"], folder)
        _self_check(out, Path(folder))
    print(f"{len(list(out.iterdir()))} pictures in {out}")
    return 0


def _taken(page: Path, options: list[str], folder: str) -> None:
    words = [str(PROGRAM), *CHROMIUM, f"--user-data-dir={folder}/browser", *options, page.as_uri()]
    subprocess.run(words, check=True, capture_output=True, timeout=60)


def _self_check(out: Path, folder: Path) -> None:
    """The page of the self-check with a network that fails: the answers, and on a phone the report as well."""
    (folder / "site").mkdir()
    served = serving.Served(serving.standing_in(folder / "site"))
    browser = Chromium(str(PROGRAM), folder / "page", "--hide-scrollbars")
    browser.call("Page.enable")
    answers = (ROOT / "submissions_example/duplicates_forgotten/answers.yaml").read_text()
    for look, scheme, width in (("wide", "light", 1280), ("dark", "dark", 1280), ("phone", "light", 390)):
        metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.call("Emulation.setDeviceMetricsOverride", **metrics)
        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.load(served.address)
        browser.wait("ready")
        browser.evaluate("text.focus(), text.select()")
        browser.type(answers)
        browser.wait("document.querySelector('.item.v-partial') !== null")
        browser.press("F8")
        browser.wait("document.querySelector('.item.here') !== null")
        time.sleep(1)  # until what moves has come to rest
        browser.picture(out / f"self-check-{look}.png")
        if look == "phone":
            browser.evaluate("document.querySelector('#here a').click()")
            time.sleep(1)
            browser.picture(out / "self-check-phone-report.png")
    browser.close()
    served.close()


if __name__ == "__main__":
    sys.exit(main())
