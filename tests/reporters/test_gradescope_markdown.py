"""What a student typed stays text: rendered by a CommonMark implementation with tables, it is what it was."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from grader.report import Paragraph, Table, Verbatim
from grader.reporters import gradescope, visible

RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HARMLESS = {"root", "paragraph", "inline", "text", "softbreak", "hardbreak"}
ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- -->",
    "&lt;b&gt; &amp; &#42;",
    "[click](javascript:alert(1))",
    "![x](http://example.org/x.png)",
    "[a]: http://example.org",
    "[a][b] [a]",
    "<http://example.org> <a@b.cd>",
    "# heading",
    "- item",
    "+ item",
    "1. item",
    "2) item",
    "> quote",
    "***",
    "---",
    "===",
    "text\n===",
    "text\n---",
    "    code",
    "\tcode",
    "```\nfence",
    "~~~\nfence",
    "`code` ``x``",
    "*a* **b** _c_ __d__ ~~e~~",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "a | b\n--|--\n1 | 2",
    "a\\",
    "\\*",
    "n\u202en",
    "x\x00y\x1b[31m",
    "$$x$$ \\(x\\)",
]
TYPED = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(alphabet="`~*_[]()<>&|#-+=.!:\\/ \n\t01aw@$^\u202e\x00\x1b", max_size=60),
    st.text(max_size=60),
)


def tree(text: str) -> SyntaxTreeNode:
    return SyntaxTreeNode(RENDERER.parse(text))


def kinds(text: str) -> set[str]:
    return {node.type for node in tree(text).walk()}


def words(text: str) -> str:
    """What a reader sees, with blanks made one."""
    return " ".join("".join(node.content if node.type == "text" else " " for node in _leaves(tree(text))).split())


def _leaves(node):
    return [node] if not node.children else [leaf for child in node.children for leaf in _leaves(child)]


@pytest.mark.parametrize("typed", ATTACKS)
def test_escaped_text_renders_to_itself(typed):
    written = gradescope.escape(typed)
    assert kinds(written) <= HARMLESS
    assert words(written) == " ".join(visible.text(typed).split())


@given(TYPED)
def test_any_text_renders_to_itself(typed):
    written = gradescope.escape(typed)
    assert kinds(written) <= HARMLESS
    assert words(written) == " ".join(visible.text(typed).split())


def test_the_renderer_would_show_an_unescaped_attack():
    assert "html_block" in kinds("<script>alert(1)</script>")
    assert "table" in kinds("| a | b |\n|---|---|\n| 1 | 2 |")


@pytest.mark.parametrize("typed", ["`", "a`b", "``", "a``b`", *ATTACKS])
def test_code_span_holds_an_attack_alone(typed):
    assert_spanned(typed)


@given(TYPED)
def test_code_span_holds_its_line_alone(typed):
    assert_spanned(typed)


def assert_spanned(typed):
    written = f"before {gradescope.code(typed)} after"
    spans = [node for node in tree(written).walk() if node.type == "code_inline"]
    assert kinds(written) <= HARMLESS | {"code_inline"}
    assert len(spans) == 1
    assert spans[0].content.strip() == visible.line(typed).strip()


@given(TYPED, st.integers(20, 200))
def test_fence_holds_its_lines_alone(typed, limit):
    written = gradescope.fence(typed, limit)
    assert len(written) <= limit
    if written:
        blocks = [node for node in tree(f"before\n\n{written}\n\nafter").walk() if node.type == "fence"]
        assert len(blocks) == 1
        assert kinds(written) == {"root", "fence"}


@pytest.mark.parametrize("address", ["http://example.org", "https://example.org", "WWW.example.org", "mailto:a@b.cd"])
def test_no_bare_address_is_left_to_become_a_link(address):
    assert not re.search(r"(?i)https?:|www\.|mailto:|@", gradescope.escape(f"see {address} now"))


LONG = st.lists(
    st.one_of(
        st.builds(Paragraph, st.text(max_size=400)),
        st.builds(Verbatim, st.text(max_size=400)),
        st.builds(
            lambda cells: Table(("a", "b"), tuple(cells)), st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)))
        ),
    ),
    max_size=6,
)


@given(LONG, st.integers(60, 600))
def test_blocks_keep_to_their_limit_and_close_what_they_open(shown, limit):
    written = gradescope.blocks(tuple(shown), limit)
    assert len(written) <= limit
    assert words(f"{written}\n\nthe end").endswith("the end")
    assert kinds(f"{written}\n\nthe end") <= HARMLESS | {"fence", "em"}


@given(st.lists(st.text(alphabet="ab&<\\ ", max_size=60), min_size=1, max_size=30), st.integers(0, 400))
def test_lines_are_cut_to_their_limit(lines, limit):
    kept = gradescope.cut(lines, limit)
    assert len("\n".join(kept)) <= limit
    assert kept == lines or not kept or "more line" in kept[-1] or kept[-1].endswith("…")


def test_what_is_cut_is_said():
    written = gradescope.blocks((Verbatim("\n".join(f"line {n}" for n in range(1000))),), 500)
    assert "more lines)" in written
    written = gradescope.blocks(tuple(Paragraph("word " * 20) for _ in range(50)), 500)
    assert written.endswith("*The rest is left out: it is too long.*")


def test_table_columns_stand_under_each_other():
    written = gradescope.blocks((Table(("unit", "value"), (("h1", "-10"), ("h10", "0")), caption="There:"),), 500)
    assert written == "There:\n\n```\nunit  value\nh1    -10\nh10   0\n```"
