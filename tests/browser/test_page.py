"""The page of the self-check in Chromium: typed in, dropped on, reloaded, by keyboard, on a phone."""

from __future__ import annotations

import json
import time

import pytest
from serving import FULL, PROJECT, TEMPLATES, WRONG, standing_in

HOSTILE = """<img src=x onerror="document.title='pwned'"><script>document.title='pwned'</script><svg onload=alert(1)>"""
TOUCH = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}


def set_text(page, text):
    page.evaluate("document.getElementById('text').focus()")
    page.evaluate("document.getElementById('text').select()")
    page.type(text)


def of(page, element):
    return page.evaluate(f"document.getElementById('{element}').textContent")


def state(page, says):
    page.wait(f"document.getElementById('state').textContent.includes({json.dumps(says)})", 20)


def line(page, number, marked):
    page.wait(f"document.querySelectorAll('#lines .line')[{number - 1}].className.includes('{marked}')", 20)


def number_of(text, part):
    return text[: text.index(part)].count("\n") + 1


def selected(page):
    return page.evaluate("(t => t.value.slice(t.selectionStart, t.selectionEnd))(document.getElementById('text'))")


def test_it_starts_from_the_template_and_checks_what_is_typed(page):
    assert page.evaluate("document.getElementById('text').value") == TEMPLATES["answers.yaml"]
    assert of(page, "state") == "26 of 26 unanswered"
    set_text(page, FULL)
    state(page, "All 26 answers can be read")
    assert page.evaluate("document.querySelectorAll('#shown math').length") > 10
    set_text(page, WRONG)
    state(page, "1 of 26 wrong")
    line(page, number_of(WRONG, "S_bar: J_bar"), "trouble")
    assert of(page, "to-report") == "Report: 1 to look at"


def test_a_message_leads_to_its_line_and_a_line_to_its_message(page):
    set_text(page, WRONG)
    state(page, "1 of 26 wrong")
    page.evaluate("document.querySelector('#item-2\\\\.1\\\\.2\\\\.S_5fbar a.place').focus()")
    page.press("Enter")
    assert selected(page) == "  S_bar: J_bar"
    assert page.evaluate("document.activeElement.id") == "text"
    page.wait("document.getElementById('here').textContent.includes('does not give the one of S')")
    assert page.evaluate("document.querySelector('.item.here').id") == "item-2.1.2.S_5fbar"
    page.evaluate("document.getElementById('text').setSelectionRange(0, 0)")
    page.press("F8")
    assert selected(page) == "  S_bar: J_bar"
    set_text(page, "1.1: [\n" + FULL)
    page.wait("document.querySelector('#shown .message a.place') !== null")
    page.evaluate("document.querySelector('#shown .message a.place').click()")
    assert selected(page)


def test_the_report_keeps_its_place_while_it_is_renewed(page):
    set_text(page, FULL)
    state(page, "All 26")
    page.evaluate("window.node = document.getElementById('item-1.2'); report.scrollTop = 900")
    set_text(page, WRONG)
    state(page, "1 of 26 wrong")
    assert page.evaluate("node.isConnected && node === document.getElementById('item-1.2')")
    page.wait("Math.abs(report.scrollTop - 900) < 400 || report.querySelector('.here') !== null")


def test_marks_move_with_their_lines_and_undo_is_the_browsers(page):
    set_text(page, WRONG)
    state(page, "1 of 26 wrong")
    page.evaluate("document.getElementById('text').setSelectionRange(0, 0)")
    page.type("# one more line\n")
    number = number_of(WRONG, "S_bar: J_bar") + 1
    line(page, number, "trouble")
    page.evaluate("document.execCommand('undo')")
    assert page.evaluate("document.getElementById('text').value") == WRONG
    same = (
        "painted.join('\\n') === text.value && [...lines.children].map(l => l.textContent).join('\\n') === text.value"
    )
    assert page.evaluate(same)


def test_the_copy_of_the_lines_lies_under_the_text(page):
    for content in (FULL, "x " * 400, "\n\n", "a\tb\n" + "m" * 500 + "\n", "{a: b, c: d} # e\n" * 30, ""):
        set_text(page, content) if content else page.evaluate("put(open, ''), show({files, open})")
        page.wait("painted.join('\\n') === text.value")
        assert page.evaluate(
            "text.scrollHeight <= text.clientHeight + 1 && Math.abs(text.scrollHeight - lines.scrollHeight) < 40"
        )
        assert page.evaluate("text.clientWidth === lines.clientWidth")


def test_a_reload_loses_nothing(page):
    set_text(page, WRONG)
    page.load()
    assert page.evaluate("document.getElementById('text').value") == WRONG
    state(page, "1 of 26 wrong")


def test_without_storage_it_says_so_and_works(page, served):
    blocked = (
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
    )
    script = page.call("Page.addScriptToEvaluateOnNewDocument", source=blocked)["identifier"]
    try:
        page.load(served.address + "?blocked")
        page.wait("document.querySelector('#shown .item') !== null")
        assert "keeps nothing" in page.evaluate("document.getElementById('unkept').innerText")
    finally:
        page.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script)


def test_dropped_files_are_a_write_up_and_can_be_undone(page, tmp_path):
    (tmp_path / "homework/sections").mkdir(parents=True)
    (tmp_path / "homework/main.tex").write_text(
        "\\documentclass{article}\\begin{document}\n\\input{sections/costs}\n\\end{document}\n"
    )
    (tmp_path / "homework/sections/costs.tex").write_text("\\answer{2.3.reverse.time}{$n + n$}\n", encoding="utf-16")
    (tmp_path / "homework/photo.png").write_bytes(b"\x89PNG")
    page.drop(tmp_path / "homework")
    page.wait("document.querySelectorAll('#names button').length === 2")
    state(page, "25 of 26 unanswered")
    assert page.evaluate("files.map(file => file.name)") == ["main.tex", "sections/costs.tex"]
    assert (
        page.evaluate("document.querySelector('#item-2\\\\.3\\\\.reverse\\\\.time a.place').dataset.file")
        == "sections/costs.tex"
    )
    page.evaluate("document.querySelector('#item-2\\\\.3\\\\.reverse\\\\.time a.place').click()")
    assert selected(page) == "\\answer{2.3.reverse.time}{$n + n$}"
    page.evaluate("document.querySelector('#notice button').click()")
    assert page.evaluate("files.map(file => file.name)") == ["answers.yaml"]
    (tmp_path / "answers.yaml").write_bytes(FULL.replace("\n", "\r\n").encode())
    page.drop(tmp_path / "answers.yaml", tmp_path / "homework/photo.png")
    state(page, "All 26")
    assert "photo.png is not a text" in of(page, "notice")
    assert page.evaluate("document.getElementById('text').value") == FULL


def test_a_file_is_picked_downloaded_renamed_and_removed(page, tmp_path):
    (tmp_path / "Answers Final.yml").write_text(FULL)
    picked = page.call("Runtime.evaluate", expression="document.getElementById('picked')")["result"]["objectId"]
    page.call("DOM.setFileInputFiles", files=[str(tmp_path / "Answers Final.yml")], objectId=picked)
    state(page, "All 26")
    page.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path / "out"))
    page.press("s", modifiers=2)
    end = time.monotonic() + 20
    while not [file for file in (tmp_path / "out").glob("*.yml") if file.read_text() == FULL]:
        assert time.monotonic() < end
        time.sleep(0.05)
    page.evaluate("document.getElementById('name').value = '../answers.yaml'; rename()")
    assert page.evaluate("open") == "answers.yaml"
    page.evaluate("remove()")
    state(page, "26 of 26 unanswered")
    page.evaluate("document.querySelector('#notice button').click()")
    state(page, "All 26")


@pytest.mark.parametrize(("word", "says"), [("fault", "out of memory"), ("throw", "not caught"), ("hang", "too long")])
def test_a_worker_that_fails_costs_nothing(page, word, says):
    page.evaluate(f"homework.patience = {2 if word == 'hang' else 60}")
    set_text(page, f"{FULL}# {word}")
    page.wait("document.getElementById('trouble').checkVisibility()", 20)
    assert says in of(page, "trouble")
    assert page.evaluate("document.getElementById('text').value").endswith(f"# {word}")
    page.evaluate("homework.patience = 60")
    page.wait("ready")
    assert page.evaluate("!busy && document.getElementById('trouble').checkVisibility()")
    set_text(page, WRONG)
    state(page, "1 of 26 wrong")
    assert not page.evaluate("document.getElementById('trouble').checkVisibility()")
    page.events[:] = [one for one in page.events if "not caught" not in json.dumps(one)]


def test_hostile_text_is_text(page):
    set_text(page, f"'2.3': {{z: {json.dumps(HOSTILE)}}}\n{HOSTILE}: 1\n")
    page.wait("document.querySelector('#item-2\\\\.3\\\\.z.v-invalid') !== null")
    assert HOSTILE in page.evaluate("document.querySelector('#item-2\\\\.3\\\\.z').textContent")
    page.evaluate(
        f"reported({json.dumps('<article class=item>' + HOSTILE + '<a href=https://example.org style=x>y</a>')})"
    )
    assert (
        page.evaluate("document.querySelectorAll('#shown img, #shown script, #shown [onload], #shown [style]').length")
        == 0
    )
    assert not page.evaluate("document.querySelector('#shown a').hasAttribute('href')")
    assert page.evaluate("document.title") != "pwned"
    page.evaluate("faults.length = 0")  # what was refused of that
    page.events.clear()


def test_every_control_has_a_name_and_is_reached_in_order(page):
    set_text(page, WRONG)
    state(page, "1 of 26 wrong")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    controls = {"button", "link", "textbox", "combobox", "group", "region", "status", "progressbar", "image"}
    named = [
        node
        for node in nodes
        if node.get("role", {}).get("value") in controls - {"group", "status"} and not node["ignored"]
    ]
    assert len(named) > 40
    assert [node["role"]["value"] for node in named if not node.get("name", {}).get("value", "").strip()] == []
    page.evaluate("getSelection().removeAllRanges(), document.getElementById('names').firstChild.focus()")
    order = []
    for _ in range(8):
        order.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
        page.press("Tab")
    assert order[:7] == ["answers.yaml", "open", "download", "File", "text", "previous", "next"]
    page.wait("document.getElementById('said').textContent === '1 of 26 wrong.'")


def test_what_is_said_waits_for_a_pause(page):
    page.wait("document.getElementById('said').textContent !== ''")
    page.evaluate("window.heard = 0; new MutationObserver(() => heard++).observe(by('said'), {childList: true})")
    set_text(page, "")
    for piece in ('"2.3":', " {z", ": [6,", " 12, 18]", "}\n"):
        page.type(piece)
        page.wait("!busy && !waiting")
    page.wait("document.getElementById('said').textContent === '25 of 26 unanswered.'")
    assert page.evaluate("heard") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(page, scheme):
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    set_text(page, WRONG + "'3': <\n")
    state(page, "1 of 26 wrong")
    assert page.evaluate(CONTRAST) == []


CONTRAST = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const over = (colours) => { // what is seen of these, one over the other
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = data => [0.2126, 0.7152, 0.0722].reduce((sum, weight, index) => {
    const part = data[index] / 255;
    return sum + weight * (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  }, 0);
  const faint = new Set();
  for (const element of document.querySelectorAll("body *:not(textarea, script, svg *, :disabled)")) {
    const says = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!says || !element.checkVisibility()) continue;
    const grounds = [];
    for (let one = element; one; one = one.parentElement) grounds.unshift(getComputedStyle(one).backgroundColor);
    const ground = over(["white", ...grounds]), ink = over(["white", ...grounds, getComputedStyle(element).color]);
    const [more, less] = [light(ground), light(ink)].sort((a, b) => b - a);
    const contrast = (more + 0.05) / (less + 0.05);
    if (contrast < 4.5) faint.add(`${element.className || element.id} ${contrast.toFixed(2)}`);
  }
  return [...faint];
})()
"""


def test_on_a_phone_one_side_at_a_time_and_nothing_is_wider(page):
    page.call("Emulation.setDeviceMetricsOverride", **TOUCH)
    duplicates = (PROJECT / "submissions_example/duplicates_forgotten/answers.yaml").read_text()
    set_text(page, duplicates)
    page.wait("document.getElementById('to-report').textContent === 'Report: 1 to look at'")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert not page.evaluate("report.checkVisibility()")
    page.press("F8")
    page.wait("document.querySelector('#here a') !== null")
    page.evaluate("document.querySelector('#here a').click()")
    assert page.evaluate("report.checkVisibility() && !text.checkVisibility()")
    assert page.evaluate("report.scrollWidth === report.clientWidth")
    page.evaluate("document.querySelector('.item.here a.place').click()")
    assert page.evaluate("!report.checkVisibility() && text.checkVisibility()")
    buttons = "[...document.querySelectorAll('button, summary')].filter(one => one.checkVisibility())"
    assert page.evaluate(f"{buttons}.filter(one => one.getBoundingClientRect().height < 24).length") == 0


def test_another_tab_follows(page):
    set_text(page, FULL)
    state(page, "All 26")
    page.evaluate("localStorage.setItem(KEY, JSON.stringify({files: [{name: 'answers.yaml', text: ''}], open: ''}))")
    page.evaluate("dispatchEvent(new StorageEvent('storage', {key: KEY}))")
    state(page, "26 of 26 unanswered")


def test_it_works_without_the_server_once_it_was_loaded(page, served):
    page.wait("!document.getElementById('offline').hidden")
    asked = {path.partition("?")[0] for path in served.asked}
    assert asked <= {
        "/",
        "/index.html",
        "/look.css",
        "/page.css",
        "/page.js",
        "/worker.js",
        "/service_worker.js",
        "/check",
    }
    served.close()
    page.load()
    page.wait("ready")
    assert page.evaluate("document.getElementById('text').value") == TEMPLATES["answers.yaml"]
    page.events.clear()
    page.evaluate("faults.length = 0")


def test_a_newer_version_is_offered_and_loses_nothing(page, served, folder, tmp_path):
    page.wait("!document.getElementById('offline').hidden")
    set_text(page, WRONG)
    state(page, "1 of 26 wrong")
    newer = standing_in(tmp_path, title="A newer homework")
    served.folder = newer
    page.load()
    assert page.evaluate("document.title") != "A newer homework: self-check"  # versions never mix
    page.wait("document.getElementById('notice').textContent.includes('newer version')")
    page.evaluate("document.querySelector('#notice button').click()")
    page.wait("document.title === 'A newer homework: self-check'")
    assert page.evaluate("document.getElementById('text').value") == WRONG
    state(page, "1 of 26 wrong")


def test_where_a_worker_cannot_be_had_it_says_so(page, served):
    without = page.call("Page.addScriptToEvaluateOnNewDocument", source="window.Worker = undefined")["identifier"]
    page.load(served.address + "?without")
    page.wait("document.getElementById('trouble').checkVisibility()")
    assert "cannot run the grader" in of(page, "trouble")
    page.call("Page.removeScriptToEvaluateOnNewDocument", identifier=without)


def test_nothing_moves_where_motion_is_unwanted(page):
    assert page.evaluate("motion()") == "smooth"
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    assert page.evaluate("motion()") == "auto"
    assert page.evaluate("getComputedStyle(document.querySelector('#shown .item')).transitionProperty") == "none"
