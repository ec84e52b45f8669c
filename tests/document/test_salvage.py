"""What students type into a YAML file, and what a person takes it to mean."""

import re
import time
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, example, given, strategies as st
from rows import rows

from grader import document
from grader.document import tolerant
from grader.document.nodes import Source

ROWS = rows(__file__, "salvage.yaml", as_text=True)


def plain(node):
    if isinstance(node, document.Scalar):
        return node.text
    if isinstance(node, document.Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, document.Mapping):
        return {key.text: plain(value) for key, value in node.entries}
    if isinstance(node, document.Broken):
        return {"broken": node.reason}
    return None


def remarks(node):
    found = list(node.remarks)
    for inner in getattr(node, "items", ()):
        found += remarks(inner)
    for key, value in getattr(node, "entries", ()):
        found += [*key.remarks, *remarks(value)]
    return found


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_row(row):
    text = row["typed"].replace("<TAB>", "\t") if "typed" in row else row["escaped"]
    found = document.salvage(text)
    assert plain(found.root) == row["meant"]
    messages = [*found.messages, *remarks(found.root)]
    if "message" in row:
        assert any(row["message"] in message for message in messages), messages
    elif "quiet" in row:
        assert not messages


def test_what_is_valid_yaml_is_read_as_yaml():
    for path in Path("submissions_example").glob("*/answers.yaml"):
        text = path.read_text("utf-8")
        try:
            expected = yaml.load(text, yaml.BaseLoader)
        except yaml.YAMLError:
            continue
        assert plain(document.salvage(text).root) == expected, path


WORDS = [
    "n",
    "2n^2",
    "²",
    "x: y",
    ": ",
    " ",
    "\n",
    "\n\n",
    "#",
    " #",
    "-",
    "- ",
    ",",
    "'",
    '"',
    "[1, 2]",
    "I(z in [-1, 1])",
]
WORDS += [
    "\\bar{x}",
    "W_2^\\top",
    "*",
    "&",
    "|",
    ">",
    "!",
    "@",
    "`",
    "{",
    "]",
    "(0, 1]",
    "\\",
    "null",
    "0.10",
    "y'_bar",
]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=8).map("".join)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._' ]{0,8}[A-Za-z0-9']", fullmatch=True)
TREES = st.recursive(
    TEXTS,
    lambda inner: st.lists(inner, min_size=1, max_size=4) | st.dictionaries(NAMES, inner, min_size=1, max_size=4),
    max_leaves=12,
)
STYLES = st.fixed_dictionaries(
    {
        "default_style": st.sampled_from([None, '"', "'", "|"]),
        "default_flow_style": st.sampled_from([None, False]),
        "indent": st.sampled_from([2, 3, 4]),
        "width": st.sampled_from([20, 80, 1000]),
        "allow_unicode": st.booleans(),
    }
)


def by_both(text):
    """A file as YAML reads it, and as the tolerant reader does."""
    source = Source(text)
    composer = document.Composer(source, document.Limits(), strict=False)
    try:
        roots = composer.documents()
    except document.Unreadable:
        return None
    return (roots[0], tolerant.read(source, document.Limits())[0]) if roots and not composer.doubtful else None


@given(st.dictionaries(NAMES, TREES, min_size=1, max_size=4), STYLES)
def test_the_tolerant_reader_agrees_with_yaml(tree, style):
    text = yaml.safe_dump(tree, **style)
    assume(not re.search(r"[|>][-+]?\d|[|>]\+", text))  # Nobody types these.
    if both := by_both(text):
        by_yaml, tolerantly = both
        assert plain(tolerantly) == plain(by_yaml)


@pytest.mark.parametrize("path", sorted(Path().glob("*_example*/*/answers.yaml")), ids=lambda path: path.parent.name)
def test_the_tolerant_reader_agrees_with_yaml_on_the_examples(path):
    if both := by_both(path.read_text("utf-8")):
        assert both[0] == both[1]


def test_a_broken_place_knows_its_line():
    found = document.salvage("a:\n  b: [1, 2\n  c: 3\nd: 4\n").root
    (_, a), (_, d) = found.entries
    assert d.text == "4"
    broken, c = a.entries[0][1], a.entries[1][1]
    assert (broken.line, c.text) == (2, "3")


def test_an_alias_bomb_costs_its_own_part():
    levels = [f"  - &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    text = "good: 1\nbad:\n  - &a0 [x, x, x]\n" + "\n".join(levels) + "\nlast: 2\n"
    entries = {key.text: value for key, value in document.salvage(text).root.entries}
    assert entries["good"].text == "1"
    assert entries["last"].text == "2"
    assert len(str(plain(entries["bad"]))) < 2000


BLANKS = " " * 190_000
HOSTILE = {
    "blanks inside a list": f"a: [x{BLANKS}y, (]\nb: [",
    "blanks inside a value": f"a:\n x{BLANKS}y\n b: [",
    "blanks behind a name": f"x{BLANKS}y\nb: [",
    "blanks behind a bar": f"a: |{BLANKS}x\nb: [",
    "braces that do not close": "a:\n " + "x" + "{" * 190_000 + "\nb: [",
    "comments in a line": 'a: "x' + " #" * 90_000 + '"\nb: [',
    "comments behind a quote": 'a: "x\n  y"' + " #" * 90_000 + "\n  z\nb: [",
    "escapes in a value": 'a: "' + "\\nu" * 60_000 + '"\nb: [',
    "brackets": "[" * 200_000,
    "braces": "a: " + "{a: " * 100_000,
    "nested and spoilt": "a: " + "[" * 60_000 + "]x" * 60_000,
    "nested, spoilt and short": "a: " + "[" * 35 + "1" + "]x" * 35 + "\nb: [",
    "dashes": "- " * 200_000,
    "questions": "? " * 200_000,
    "quotes": "a: '" + "\n" * 200_000,
    "many quotes": 'a: "\n' * 20_000,
    "keys": "".join(f"k{n}: [\n" for n in range(8_000)),
    "colons": ": " * 100_000,
    "one key line": "a" * 200_000 + ": " * 3,
    "spaces": " " * 500_000 + "x",
    "steps": "".join(" " * n + "a:\n" for n in range(600)),
    "steps with a fault": "".join(" " * n + "a:\n" for n in range(600)) + "b: [",
    "tabs": "a:\n" + "\t" * 100_000 + "b: [",
    "anchors": "&a " * 50_000,
    "exclamation": "!" * 500_000,
    "backslashes in quotes": 'a: "' + "\\" * 199_999 + '"\nb: [',
    "equals": "a = " * 40_000 + "\n: [",
    "digits": "a: " + "9" * 1_900_000,
    "lists": "a: [" + "[]," * 30_000 + "\n",
    "percent": "%" * 100_000,
    "block": "a: |\n" + " x\n" * 60_000 + "b: [",
    "hashes": "a: [" + " #" * 90_000,
    "letters before =": "a" * 190_000 + " \n: [",
    "equals in a list": "a:\n" + "- x = 1\n  y = 2\n" * 15_000 + "b: [",
    "anchors of anchors": "a0: &a0\n  - x\n"
    + "".join(f"a{n}: &a{n}\n" + f"  - *a{n - 1}\n" * 9 for n in range(1, 900))
    + "c: [",
    "entries that do not close": "{\n" + "".join(f'"k{n}": [1, (2], x,\n' for n in range(6_000)),
    "comments in a list": "a: [" + "/*" * 100_000,
    "spaces before :": "a" + " " * 190_000 + "b\n: [",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_ends(name):
    start = time.process_time()
    with suppress(document.Unreadable):
        document.salvage(HOSTILE[name])
    # No promise of speed: a bound far above what it takes, that a quadratic reading would break.
    assert time.process_time() - start < 10


@given(st.text(alphabet="ab:-[]{},'\"\n \t#&*!|>%@`?=\\0", max_size=80))
@example("a: [\nb: ]\n")
@example("a:\n -\n- b: '\n")
def test_any_text_is_read_or_refused(text):
    with suppress(document.Unreadable):
        plain(document.salvage(text).root)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    with suppress(document.Unreadable):
        document.salvage(data)
    with suppress(document.Unreadable):
        document.read(data)
