import pytest

from grader import document


def text_of(data):
    found = document.salvage(data)
    return found.root.entries[0][1].text, found.messages


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings(encoding):
    typed = "time: n² + 3n plus some more text\n"
    text, messages = text_of(typed.encode(encoding))
    assert text == "n² + 3n plus some more text"
    assert bool(messages) == (encoding not in ("utf-8", "utf-8-sig"))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_breaks(newline):
    root = document.read(newline.join(["a: 1", "b:", "  c: 2", ""]).encode()).root
    assert [key.line for key, _ in root.entries] == [1, 2]
    assert root.entries[1][1].entries[0][0].line == 3


def test_a_latin_notice_names_the_first_line():
    _, messages = text_of("a: 1\nb: 2\nc: n²\n".encode("latin-1"))
    assert "line 3" in messages[0]


def test_a_stray_byte_costs_its_own_place():
    found = document.salvage("a: n² + g ∘ h\nb: n".encode() + b"\xb2\n")
    assert [value.text for _, value in found.root.entries] == ["n² + g ∘ h", "n²"]
    assert "line 2: a character is not in UTF-8" in found.messages[0]


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\u202e", "\uffff"])
def test_an_unprintable_character_costs_its_own_place(character):
    root = document.salvage(f"a: 1\nb: 2{character}n\n".encode())
    assert root.root.entries[0][1].text == "1"
    assert root.root.entries[1][1].text == "2\ufffdn"
    assert "line 2" in root.messages[0]


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04" + b"x" * 50, b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"{\\rtf1", b"\n<html>"]
)
def test_a_file_that_is_no_text_says_what_it_is(data):
    with pytest.raises(document.Unreadable, match="save it as plain text"):
        document.salvage(data)


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"# only a comment\n", b"---\n", b"\xef\xbb\xbf", b"---\n...\n", b"  \n\t\n"]
)
def test_an_empty_file_has_no_root(data):
    assert document.salvage(data).root is None
