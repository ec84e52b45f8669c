import copy
import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, strategies as st
from rows import rows

from grader import answers
from grader.assignment import config
from grader.report import plain
from grader.submission import Submission

DUMPER = getattr(yaml, "CDumper", yaml.Dumper)
CONFIG = config.load("config.yaml")
FULL = Path("submissions_example/full_marks/answers.yaml").read_bytes()
ROWS = rows(__file__, "rows.yaml", as_text=True)


def read(text):
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return answers.read(Submission(data), CONFIG)


def outcomes(found):
    return {name: (answer.status, answer.understood) for name, answer in found.items.items()}


COMPLETE = outcomes(read(FULL))
MISSING = outcomes(read("1.1:"))


@pytest.mark.parametrize("typed", [None, b"", b"'1.1':\n"])
def test_what_only_a_person_can_read_waits_for_one(typed):
    found = answers.read(Submission(typed, for_a_person=("scan.pdf", "page2.png")), CONFIG)
    assert {answer.status for answer in found.items.values()} == {"open"}
    assert "scan.pdf, page2.png" in plain(found.messages)


def test_a_picture_beside_answers_changes_nothing():
    assert outcomes(answers.read(Submission(FULL, for_a_person=("scan.pdf",)), CONFIG)) == COMPLETE
    some = b'"2.3": {z: [6, 12, 18]}'
    assert outcomes(answers.read(Submission(some, for_a_person=("scan.pdf",)), CONFIG)) == outcomes(read(some))


def test_answers_that_cannot_be_opened_are_there_and_cost_no_write_up():
    scan = {"main.md": b"# 2.3\nz = [6, 12, 18]\n"}
    found = answers.read(Submission(None, refused="answers.yaml is damaged.", write_ups=scan), CONFIG)
    assert {found.items.pop("2.3.z").status} == {"read"}
    assert {answer.status for answer in found.items.values()} == {"invalid"}
    assert plain(found.items["1.1"].blocks) == "answers.yaml is damaged."


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"PK\x03\x04..", b"\x89PNG\r\n"])
def test_a_document_named_for_the_answers_waits_for_a_person(data):
    assert {answer.status for answer in read(data).items.values()} == {"open"}


@pytest.mark.parametrize(
    ("typed", "status"),
    [("", "missing"), ("~", "missing"), ("null", "missing"), ('""', "missing"), ("'  '", "missing"),
     ('"null"', "invalid"), ("'~'", "invalid")],
)  # fmt: skip
def test_yamls_word_for_nothing_is_one_only_without_quotes(typed, status):
    assert read(f'"2.3": {{reverse: {{time: {typed}}}}}').items["2.3.reverse.time"].status == status


PROGRAMS = {
    "JSON": json.dumps,
    "JSON over lines": lambda value: json.dumps(value, indent="\t", ensure_ascii=False),
    "JSON in JSON": lambda value: json.dumps(json.dumps(value)),
    "YAML": yaml.safe_dump,
    "YAML in narrow lines": lambda value: yaml.safe_dump(value, width=20),
    "YAML with quotes": lambda value: yaml.safe_dump(value, default_style='"', width=30, allow_unicode=True),
    "YAML in braces": lambda value: yaml.safe_dump(value, default_flow_style=True),
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.BaseLoader])
@pytest.mark.parametrize("example", ["full_marks", "latex_notation"])
def test_a_file_that_a_program_wrote_reads_like_one_typed_by_hand(program, loader, example):
    typed = Path("submissions_example", example, "answers.yaml").read_bytes()
    value = yaml.load(typed, loader)
    value["2.1.2"] = "\n".join(
        f"{name} = {text}" for name, text in yaml.load(FULL, yaml.BaseLoader)["2.1.2"].items() if name != "where"
    ).replace("P^T", "(diag(y') - y' y'^T)^T")
    found = read(PROGRAMS[program](value))
    given = outcomes(found)
    assert {item for item, (status, _) in given.items() if status != "read"} == set()
    if example == "full_marks":
        backward = {item for item in given if item.startswith("2.1.2")}
        assert {item: given[item] for item in given.keys() - backward} == {
            item: COMPLETE[item] for item in given.keys() - backward
        }


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_row(row):
    found = read(row["typed"])
    for item, (status, understood) in row["items"].items():
        answer = found.items[item]
        assert (answer.status, answer.understood.replace(" ", "")) == (status, understood.replace(" ", "")), (
            item,
            plain(answer.blocks),
        )
    untouched = [answer for name, answer in found.items.items() if name not in row["items"]]
    assert {answer.status for answer in untouched} <= {"missing"} | {row.get("others", "missing")}
    if "says" in row:
        assert row["says"] in plain(found.messages), plain(found.messages)
    if "quiet" in row:
        assert not found.messages
    for item, says in row.get("blocks", {}).items():
        assert says in plain(found.items[item].blocks), plain(found.items[item].blocks)


DAMAGED = rows(__file__, "damaged.yaml", as_text=True)
BELOW = FULL.decode().replace(" {time: n^2, memory: n^2 + n}", "\n  time: n^2\n  memory: n^2 + n")
BELOW = re.sub(r"(\w+): \{time: (2n.*), memory: (.*)\}", r"\1:\n    time: \2\n    memory: \3", BELOW)


@pytest.mark.parametrize("row", DAMAGED, ids=[row["name"] for row in DAMAGED])
def test_damage_costs_its_own_place(row):
    text = json.dumps(yaml.load(FULL, yaml.BaseLoader), indent=2) if row.get("of") == "json" else BELOW
    for pattern, instead in row["change"]:
        changed = re.sub(pattern.replace("<TAB>", "\t"), instead.replace("<TAB>", "\t"), text)
        assert changed != text or pattern.startswith("(?m)"), pattern
        text = changed
    given = outcomes(read(text))
    differing = {item: given[item] for item in given if given[item] != COMPLETE[item]}
    assert {item for item in differing if not item.startswith(tuple(row.get("costs", ["none"])))} == set()
    assert {status for status, _ in differing.values()} <= {"invalid", "missing"}


def test_the_example_is_read_whole():
    found = read(FULL)
    assert {answer.status for answer in found.items.values()} == {"read"}
    assert list(found.items) == [item.name for item in CONFIG.items]
    assert all(answer.understood and answer.typed and answer.line for answer in found.items.values())
    assert found.messages == ()


@pytest.mark.parametrize("change", ["crlf", "cr", "bom", "utf-16", "json"])
def test_the_same_answers_in_another_file(change):
    text = FULL.decode()
    data = {
        "crlf": lambda: text.replace("\n", "\r\n").encode(),
        "cr": lambda: text.replace("\n", "\r").encode(),
        "bom": lambda: text.encode("utf-8-sig"),
        "utf-16": lambda: text.encode("utf-16"),
        "json": lambda: json.dumps(yaml.load(text, yaml.BaseLoader), indent=1).encode(),
    }[change]()
    assert outcomes(read(data)) == COMPLETE


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"---\n", b"null\n", b"1.1\n", b"- a\n- b\n", b"\x00" * 9, b"["])
def test_a_file_without_answers_says_so(data):
    found = read(data)
    assert {answer.status for answer in found.items.values()} <= {"missing", "invalid"}
    assert found.messages


def test_no_file_at_all():
    found = answers.read(Submission(None), CONFIG)
    assert {answer.status for answer in found.items.values()} == {"missing"}
    assert all(answer.blocks for answer in found.items.values())


STRANGE = [
    None, True, 0, -1.5, "", "x", "\x00", "n" * 5000, [], {}, [[]], [{}], {"": ""}, {"a": [1, {"b": None}]},
    [1, [2, [3]]],
    "]" * 50, "{", "a: b", "- a", "'", float("nan"), float("inf"), 10**400, {"layers": [None]}, {"edges": [[]]},
    {"where": [1]}, {"reverse": {"time": {"time": []}}}, [[1, 2], [3]], {"W1": {}, "b1": [], "W2": "", "b2": None},
]  # fmt: skip


def places():
    """The path of every value in the complete answers."""
    tree = yaml.load(FULL, yaml.BaseLoader)
    pending = [((), tree)]
    while pending:
        path, value = pending.pop()
        yield path
        if isinstance(value, dict):
            pending += [((*path, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            pending += [((*path, 0), value[0])]


PLACES = [path for path in places() if path]


@pytest.mark.parametrize("path", PLACES, ids=[".".join(map(str, path)) for path in PLACES])
def test_a_strange_value_costs_its_own_part_alone(path):
    full = yaml.load(FULL, yaml.BaseLoader)
    whole = {part: full[part] for part in {"1.1", "2.2.2", path[0], "2.3"}}  # beside it some that are soon read
    complete = {**MISSING, **{name: outcome for name, outcome in COMPLETE.items() if CONFIG.item(name).part in whole}}
    for strange in STRANGE:
        tree = at = copy.deepcopy(whole)
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = strange
        data = yaml.dump(tree, Dumper=DUMPER, allow_unicode=True, sort_keys=False)
        found = outcomes(read(data))
        part = path[0]
        spoilt = [name for name, outcome in found.items() if outcome != complete[name]]
        assert all(CONFIG.item(name).part == part for name in spoilt), (strange, spoilt)


TEXT = FULL.decode()


@given(st.data())
def test_damage_in_one_line_never_raises_and_stays_near(data):
    rows = TEXT.split("\n")
    number = data.draw(st.integers(0, len(rows) - 1))
    at = data.draw(st.integers(0, len(rows[number])))
    typed = data.draw(st.text(alphabet="ab1:-[]{}'\"# \t,&*|>%@`\\!?\n=", max_size=5))
    rows[number] = rows[number][:at] + typed + rows[number][at + data.draw(st.integers(0, 3)) :]
    found = read("\n".join(rows))
    assert list(found.items) == list(COMPLETE)
    plain(found.messages).encode()


@given(st.binary(max_size=400))
def test_any_bytes(data):
    found = read(data)
    assert list(found.items) == list(COMPLETE)


KEYS = st.sampled_from(
    [
        "1.1",
        "2.1.2",
        "2.3",
        "2.4",
        "reverse",
        "time",
        "z",
        "W1",
        "layers",
        "edges",
        "where",
        "x_bar",
        "H",
        "",
        "...",
        "<<",
    ]
)
VALUES = st.recursive(
    st.one_of(
        st.text(max_size=8),
        st.integers(),
        st.floats(),
        st.none(),
        st.sampled_from(["n^2", "x -> z1", "P^T y", "m > n"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(KEYS, st.text(max_size=5)), inner, max_size=4)
    ),
    max_leaves=25,
)


@given(st.dictionaries(KEYS, VALUES, max_size=6), st.booleans())
def test_any_tree(tree, flow):
    data = yaml.dump(tree, allow_unicode=True, default_flow_style=flow).encode("utf-8", "surrogatepass")
    found = read(data)
    assert list(found.items) == list(COMPLETE)
    for answer in found.items.values():
        assert answer.status == "read" or answer.blocks
        assert len(answer.typed) <= 2000


HOSTILE = {
    "a long formula": "2.2.2: {time: " + "n+" * 900_000 + "n}",
    "deep brackets": "2.2.2: {time: '" + "(" * 900_000 + "'}",
    "a long vector": "2.3: {z: [" + "1," * 100_000 + "]}",
    "a deep vector": "2.3: {z: " + "[" * 39 + "]" * 39 + "}",
    "many keys": "2.3: {" + ", ".join(f"k{n}: 1" for n in range(30_000)) + "}",
    "many parts": "\n".join(f"k{n}: 1" for n in range(20_000)),
    "one key many times": "2.3:\n" + "  z: 1\n" * 20_000,
    "one part many times": "2.3: {z: 1}\n" * 12_000,
    "a long key": "? " + "x" * 1_000_000 + "\n: 1",
    "a long field": "2.3: {" + "forward" * 50_000 + ": 1}",
    "many edges": "2.1.1: {edges: [" + "x -> z1," * 60_000 + "]}",
    "one long edge": "2.1.1: {edges: '" + "x -> " * 200_000 + "x'}",
    "many equations": "2.1.2:\n" + "".join(f"  q{n}_bar: x\n" for n in range(25_000)),
    "many definitions": "2.1.2: {x_bar: a, where: {" + ", ".join(f"a{n}: b" for n in range(25_000)) + "}}",
    "many layers": "1.2: {layers: [" + "{W: [[1]], activation: relu}," * 10_000 + "]}",
    "a wide layer": "1.2: {layers: [{W: [[" + "1," * 60_000 + "]], activation: relu}]}",
    "a bomb": "a0: &a0 [1,1,1,1,1,1,1,1,1]\n"
    + "\n".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))
    + "\n2.3: {z: *a8}\n2.2.2: {time: n}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers_end(name):
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF)
    found = read(HOSTILE[name])
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert list(found.items) == list(COMPLETE)
    assert len(plain(found.messages)) < 50_000
    # Bounds far above what it takes, which a quadratic reading would break.
    assert after.ru_utime - before.ru_utime < 5
    assert after.ru_maxrss - before.ru_maxrss < 600_000
