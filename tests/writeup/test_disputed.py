"""Two marks of one name that say different things are left for a person, both shown; a taken text has its own line."""

from pathlib import Path

import pytest

from grader import answers
from grader.assignment import config
from grader.report import plain
from grader.submission import Submission

CONFIG = config.load(Path(__file__).parents[2] / "config.yaml")


def read(text, name="answers.md"):
    return answers.read(Submission(None, write_ups={name: text.encode()}), CONFIG).items


@pytest.mark.parametrize(
    ("item", "one", "other"),
    [
        ("2.3.z", "2.3.z: [6, 12, 18]", "2.3.z: [6, 12, 16]"),
        ("2.1.2.x_bar", "2.1.2.x_bar: W1^T z1_bar + W2^T z2_bar", "2.1.2.x_bar: W1^T z1_bar"),
        ("2.1.1", "2.1.1.edges: x -> z1", "2.1.1.edges: x -> z2"),
        ("1.1", "1.1.b2: 2", "1.1.b2: -2"),
        ("1.2", "1.2: {layers: []}", "1.2: {layers: [{W: [[1, 1, 1, 1, 1, 1]]}]}"),
    ],
)
def test_two_marks_that_differ_are_open_and_both_are_shown(item, one, other):
    found = read(f"{one}\n\n{other}\n")[item]
    assert found.status == "open"
    (message,) = found.blocks
    assert all(text.partition(": ")[2] in message.text for text in (one, other))


def test_two_marks_that_say_the_same_are_one():
    assert read("2.1.2.S_bar: -1\n\n2.1.2.S_bar: - 1\n")["2.1.2.S_bar"].status == "read"


def test_a_short_equation_has_the_line_that_it_stands_in():
    rows = [r"\bar{z}_1 &= \bar{h} \circ I(z_1 > 0) - 1 \cdot 0 \\", r"\bar{S} &= -1 \\", r"\bar{J} &= 1"]
    text = "\n".join([r"\section*{2.1.2}", r"\begin{align}", *rows, r"\end{align}"])
    found = read(text, "main.tex")
    assert {item: found[f"2.1.2.{item}"].taken.line for item in ("z1_bar", "S_bar", "J_bar")} == {
        "z1_bar": 3,
        "S_bar": 4,
        "J_bar": 5,
    }


@pytest.mark.parametrize(
    ("sentence", "status"),
    [
        ("Memory: $n^2$ for H plus $n$ for v, i.e. $n^2+n$.", "open"),
        ("Memory: $n$ for v and $n^2$ for H, so $n^2+n$.", "open"),
        ("Memory: $n$ (for v) + $n^2$ (for H) = $n^2+n$.", "open"),
        ("The memory is between $n^2$ and $2n^2$.", "open"),
        ("The memory is less than $2n^2$, namely $n^2+n$.", "open"),
        ("Memory: at most $2n^2$.", "invalid"),
        ("Memory: $n^2$ plus a few.", "invalid"),
        ("Memory: $n^2+n$ minus something.", "invalid"),
        ("Memory $n^2+n$ at least.", "invalid"),
        ("The memory is greater than $n^2+n$.", "invalid"),
        ("The memory is the square of $n^2+n$.", "invalid"),
        ("The memory is three times $n^2$.", "read"),
    ],
)
def test_amounts_that_nobody_can_choose_from_are_open(sentence, status):
    # At most one of them is read; what is found and cannot be read waits for a person.
    assert read(f"## 2.2.2\n{sentence}\n")["2.2.2.memory"].status == status


@pytest.mark.parametrize(
    "sentence",
    [
        "The memory is not $n^2$ but $n^2+n$.",
        "Instead of $n^2$ numbers, the memory is $n^2+n$.",
        "The memory cost is $n^2+n$, for $H$ and $vv_1$.",
    ],
)
def test_an_amount_that_is_told_from_others_is_taken(sentence):
    assert read(f"## 2.2.2\n{sentence}\n")["2.2.2.memory"].understood == "n^2 + n"


@pytest.mark.parametrize(
    "sentence",
    [
        "Forward mode is not better when $m>n$.",
        "Forward mode isn't the better choice if $m>n$.",
        "Forward mode is less efficient when $m>n$.",
        "Forward mode is better unless $m>n$.",
        "Do not use forward mode when $m>n$.",
        "I first thought forward mode is better when $m > n$, but that is wrong.",
        "One might think that forward mode is better when $m>n$. This is false.",
        "Forward mode is better when $m>n$. Update: it is better when $m>2n$.",
        "Forward mode is better when $m>n$. Sorry, I mean $m<n$.",
        "Forward mode is better when $m>n$. No, the other way round.",
        "One could believe that forward mode is better when $m>n$, but it never is.",
        "Forward mode uses more multiplications than reverse mode when $m>n$.",
        "Forward mode is less useful when $m>n$.",
        "Forward mode is hardly better when $m>n$.",
        "Forward mode fails to be better when $m>n$.",
        "Avoid using forward mode when $m>n$.",
        "Forward mode is better when $m>n$ does not hold.",
        "Прямой режим не лучше, когда $m>n$.",
    ],
)
def test_a_condition_that_is_denied_or_taken_back_is_open(sentence):
    assert read(f"## 2.4\n{sentence}\n")["2.4.forward_better_when"].status == "open"


@pytest.mark.parametrize(
    ("sentence", "others"),
    [
        ("Time $n^2$. Correction: $n^3$.", {}),
        ("Time $n^2$. Correction: 2n^3.", {}),
        ("Time $n^2$. **EDIT**: $n^3$", {}),
        ("Time $n^2$ - sorry, $n^3$.", {}),
        ("Time $n^2$. This should be $n^3$.", {}),
        ("Time $n^2$. I made a mistake here, correct is $n^3$.", {}),
        ("Time $n^2$. On second thought: $n^3$.", {}),
        ("Time $n^2$ (edit: $n^3$), memory $n^2+n$.", {"memory": "read"}),
        ("Time $n^2$, memory $n^2+n$. Oops, I meant $2n$.", {"memory": "open"}),
        ("Time $n^2$. No wait, that is wrong.", {}),
        ("My friend says the time is $n^2$, but I do not believe it.", {}),
        ("A naive count gives time $n^2$.", {}),
        ("Time $n^2$. I take that back.", {}),
        ("A classmate says the time is $n^2$. I disagree.", {}),
    ],
)
def test_an_amount_that_is_taken_back_is_open(sentence, others):
    found = read(f"## 2.2.2\n{sentence}\n")
    assert {name: found[f"2.2.2.{name}"].status for name in ("time", *others)} == {"time": "open", **others}


@pytest.mark.parametrize(
    "sentence",
    [
        "With more outputs than inputs ($m > n$) forward mode wins.",
        "Forward mode is more efficient than reverse mode when $m>n$.",
        "Forward mode is more time-efficient when $m>n$.",
        "Forward mode is less expensive when $m>n$. I doubt anyone would take it otherwise.",
    ],
)
def test_a_condition_that_is_not_denied_is_read(sentence):
    assert read(f"## 2.4\n{sentence}\n")["2.4.forward_better_when"].status == "read"


def test_a_line_that_denies_an_edge_is_not_read_without_its_words():
    assert read("## 2.1.1\nThere is no $x \\to h$.\n$x \\to z_1$\n")["2.1.1"].status == "invalid"
    assert read("## 2.1.1\nOne more edge is $x \\to z_1$\n")["2.1.1"].understood == "x -> z1"


def test_a_value_is_open_where_the_next_sentence_amends_it():
    assert read("## 2.3\n$z = (6, 12, 18)$. Oops, the last one is $16$.\n")["2.3.z"].status == "open"
    assert read("## 2.3\n$z = (6, 12, 18)$. Actually, reverse mode has time $2n$.\n")["2.3.z"].status == "read"


@pytest.mark.parametrize(
    "sentence", ["The update of $M$ takes $n$.", "We actually only need $n$ for $M$.", "Update $z$ by $n$ additions."]
)
def test_words_that_may_amend_do_not_in_the_midst_of_a_sentence(sentence):
    assert read(f"## 2.2.2\nMemory: $n^2+n$. {sentence}\n")["2.2.2.memory"].status == "read"


def test_a_correction_by_name_takes_the_place_of_what_was_said_before():
    found = read("## 2.2.2\nTime $n^3$, memory $n^2+n$.\n\nEdit: the time is $n^2$.\n")
    assert (found["2.2.2.time"].understood, found["2.2.2.memory"].understood) == ("n^2", "n^2 + n")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("main.tex", "\\section*{2.1.1}\n\\includegraphics[width=5cm]{graph.png}\n"),
        ("answers.md", "## 2.1.1\n![the graph](graph.png)\n"),
        ("answers.md", "## 2.1.1\n<img src='graph.png'>\n"),
    ],
)
def test_a_drawing_waits_for_a_person(name, text):
    found = read(text, name)
    assert found["2.1.1"].status == "open"
    assert "picture" in plain(found["2.1.1"].blocks)
    assert found["2.3.z"].status == "missing"


def test_what_a_program_wrote_at_the_top_is_no_answer():
    assert read("---\n2.3.z: $(6, 12, 18)$\n---\n## 2.2\n")["2.3.z"].status == "missing"


def test_a_document_that_is_commented_out_in_a_file_is_none():
    piece = "\\newcommand{\\T}{2n}\n%\\begin{document}\nReverse time $\\T$.\n%\\end{document}\nMemory $3n+1$.\n"
    main = "\\begin{document}\n\\section*{2.3}\n\\input{piece}\n\\end{document}\n"
    texts = {"main.tex": main.encode(), "piece.tex": piece.encode()}
    found = answers.read(Submission(None, write_ups=texts), CONFIG).items
    assert [found[f"2.3.reverse.{name}"].understood for name in ("time", "memory")] == ["2n", "3n + 1"]


def test_a_matrix_that_aligns_its_columns_is_read():
    text = "## 2.3\n$$z = \\begin{bmatrix*}[r] 6 \\\\ 12 \\\\ 18 \\end{bmatrix*}$$\n"
    assert read(text)["2.3.z"].understood == "[[6], [12], [18]]"
