import pytest

from grader import document


def plain(node):
    if isinstance(node, document.Scalar):
        return node.text
    if isinstance(node, document.Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, document.Mapping):
        return {key.text: plain(value) for key, value in node.entries}
    return node


def test_scalars_keep_their_text():
    text = "a: 0.1\nb: 1.10\nc: yes\nd: 2026-01-01\ne: 0o17\nf: 1e999999\ng: 2.00000000000000001\nh: .nan\ni: 0x1F\n"
    assert plain(document.read(text).root) == {
        "a": "0.1",
        "b": "1.10",
        "c": "yes",
        "d": "2026-01-01",
        "e": "0o17",
        "f": "1e999999",
        "g": "2.00000000000000001",
        "h": ".nan",
        "i": "0x1F",
    }


def test_every_node_knows_its_place():
    root = document.read('a: 1\nb:\n  - x\n  - {c: "é"}\n').root
    (_, one), (_, items) = root.entries
    assert one.line == 1
    assert [item.line for item in items.items] == [3, 4]
    key, value = items.items[1].entries[0]
    assert (key.line, value.line, value.plain) == (4, 4, False)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: [1, 2\n", 2, "line 2"),
        ("a: 1\na: 2\n", 2, "line 1"),
        ("a: 1\n\tb: 2\n", 2, "tab"),
        ("a: !!python/object/apply:os.system [x]\n", 1, "tag"),
        ("a: !x 1\n", 1, "tag"),
        ("a: *b\n", 1, "&b"),
        ("a: &a [*a]\n", 1, "itself"),
        ("a: 1\n---\nb: 2\n", 3, "second document"),
        ("a: b: c\n", 1, "quotes"),
        ("a: `x`\n", 1, "quotes"),
        ('a: "\\cdot"\n', 1, "single quotes"),
        ("[a]: 1\n", 1, "name"),
        ("a: 1\n  b\n c: 2\n", 3, "indented too far"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_line(text, line, message):
    with pytest.raises(document.Unreadable) as caught:
        document.read(text)
    assert caught.value.line == line, caught.value.message
    assert message in caught.value.message


def test_an_alias_is_what_it_stands_for_and_merge_keys_join():
    root = document.read("a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\n").root
    assert plain(root) == {"a": {"x": "1", "y": "2"}, "b": {"x": "1", "y": "2"}, "c": {"y": "3", "x": "1"}}


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


def test_anchors_that_explode_are_refused():
    with pytest.raises(document.Unreadable, match="too many values"):
        document.read(bomb(12))


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 10_000, "- " * 10_000, "? " * 10_000, "[[" * 50 + "]]" * 50])
def test_depth_is_bounded(text):
    with pytest.raises(document.Unreadable):
        document.read(text)


def test_the_number_of_values_is_bounded():
    with pytest.raises(document.Unreadable, match="too many values"):
        document.read("[" + "1," * 4_000 + "]", document.Limits(nodes=3_000))


def test_the_size_is_bounded():
    with pytest.raises(document.Unreadable, match="bytes"):
        document.read(b"a" * 3_000_000)


def test_it_reads_what_the_yaml_library_reads():
    import yaml

    text = "a: {b: [1, 'x y', \"z\"]}\nc:\n- d\n- e: f\n  g: |\n    h\n    i\nj: >\n  k\n  l\n'm': n # o\n"
    assert plain(document.read(text).root) == yaml.load(text, yaml.BaseLoader)
