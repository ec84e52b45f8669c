"""The templates for write-ups: they compile as they are, leave every answer open, and take full marks."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from grader import answers, grading, writeup
from grader.assignment import config
from grader.assignment.answer_key import load
from grader.package import templates
from grader.report import Verdict, plain

ROOT = Path(__file__).parents[2]
CONFIG = config.load(ROOT / "config.yaml")
P = "(diag(y') - y' y'^T)"
FULL = yaml.safe_load((ROOT / "submissions_example" / "full_marks" / "answers.yaml").read_text("utf-8"))


def filled(template, mark):
    """A template with the answers of full marks in its slots."""
    for item in CONFIG.items:
        answer = FULL[item.part]
        for key in item.path:
            answer = answer[key]
        if item.name == "2.1.2.y_bar":
            answer = answer.replace("P", P)  # the example's own name
        if item.path:
            template = mark(template, item.name, answer)
    for name, value in FULL["1.1"].items():
        template = mark(template, f"1.1.{name}", value)
    for number, layer in enumerate(FULL["1.2"]["layers"], 1):
        for kind in ("W", "b", "activation"):
            if kind in layer:
                template = mark(template, f"1.2.{kind}{number}", layer[kind])
    return mark(template, "2.1.1.edges", ", ".join(FULL["2.1.1"]["edges"]))


def in_latex(text, name, value):
    slot = rf"\answer{{{name}}}{{}}"
    assert slot in text, name
    return text.replace(slot, slot[:-1] + str(value).replace("'", "'") + "}")


def in_markdown(text, name, value):
    assert f"\n{name}:\n" in text, name
    return text.replace(f"\n{name}:\n", f"\n{name}: ${value}$\n")


@pytest.fixture(scope="module")
def homework():
    return grading.Homework(CONFIG, load(ROOT / "reference", CONFIG)).prepare()


TEMPLATES = {"homework.tex": (templates.latex, in_latex), "homework.md": (templates.markdown, in_markdown)}


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_untouched_template_is_an_unanswered_homework(name, homework, tmp_path):
    (tmp_path / name).write_text(TEMPLATES[name][0](CONFIG))
    found = grading.mark(answers.of(tmp_path, homework.config), homework)
    assert {item.finding.verdict for item in found.items} == {Verdict.MISSING}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_filled_in_template_gets_full_marks(name, homework, tmp_path):
    write, mark = TEMPLATES[name]
    (tmp_path / name).write_text(filled(write(CONFIG), mark))
    found = grading.mark(answers.of(tmp_path, homework.config), homework)
    assert {item.item: str(item.finding.verdict) for item in found.items} == {
        item.name: "correct" for item in CONFIG.items
    }
    assert {item.taken.how for item in found.items} == {"marked"}


def test_the_style_lists_every_name_that_is_a_mark():
    names = templates.style(CONFIG).partition("{,")[2].partition(",}")[0].split(",")
    marked = "".join(rf"\answer{{{name}}}{{1}}" for name in names)
    assert not writeup.read("main.tex", {"main.tex": marked}, CONFIG).unknown
    assert {item.name for item in CONFIG.items} <= set(names)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX on this machine")
@pytest.mark.parametrize(
    ("answer", "compiles"), [(r"\answer{2.3.z}{(6, 12, 18)}", True), (r"\answer{2.3.zz}{1}", False)]
)
def test_the_template_compiles_and_refuses_a_name_that_is_no_item(answer, compiles, tmp_path):
    (tmp_path / "homework.sty").write_text(templates.style(CONFIG))
    (tmp_path / "homework.tex").write_text(templates.latex(CONFIG).replace(r"\answer{2.3.z}{}", answer))
    words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "homework.tex"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == compiles, done.stdout[-2000:]
    assert compiles or "There is no item 2.3.zz" in done.stdout


def test_an_empty_template_beside_the_write_up_is_none(homework, tmp_path):
    (tmp_path / "homework.tex").write_text(in_latex(templates.latex(CONFIG), "2.3.reverse.time", "2n"))
    (tmp_path / "homework.md").write_text(templates.markdown(CONFIG))
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "answers.md").write_text("2.3.reverse.memory: $n$")  # farther from the root
    marked = {
        item.item: item.finding.verdict for item in grading.mark(answers.of(tmp_path, homework.config), homework).items
    }
    assert marked["2.3.reverse.time"] is Verdict.CORRECT
    assert {verdict for item, verdict in marked.items() if item != "2.3.reverse.time"} == {Verdict.MISSING}
    (tmp_path / "homework.md").write_text(in_markdown(templates.markdown(CONFIG), "2.3.z", "(6, 12, 18)"))
    assert {item.finding.verdict for item in grading.mark(answers.of(tmp_path, homework.config), homework).items} == {
        Verdict.REVIEW
    }


def test_beside_a_file_of_answers_an_empty_template_asks_for_nothing(homework, tmp_path):
    (tmp_path / "answers.yaml").write_text('"2.3": {z: }\n')
    (tmp_path / "homework.md").write_text(templates.markdown(CONFIG))
    messages = {
        item.item: plain(item.finding.blocks)
        for item in grading.mark(answers.of(tmp_path, homework.config), homework).items
    }
    assert not [text for text in messages.values() if "homework.md" in text]
