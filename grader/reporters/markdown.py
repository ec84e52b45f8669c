"""Blocks as Markdown in which nothing that a student typed is anything but text.

Tables become aligned lines in a fence: Gradescope does not document tables, and a fence needs no escaping inside.
"""

from __future__ import annotations

import html
import re

from grader.report import Block, Paragraph, Table, plain
from grader.reporters import visible

_ADDRESS = re.compile(r"(?i)\b(www)\.|\b(https?|ftp|mailto|xmpp|javascript|data):")
_LINE_START = re.compile(r"^(\d{1,9})([.)])|^([#+\-=:])")


def escape(text: str) -> str:
    """Plain text as Markdown that renders to exactly that text: no emphasis, link, image, HTML, heading or list."""
    return "  \n".join(_line(line.strip()) for line in visible.text(text).split("\n") if line.strip())


def _line(line: str) -> str:
    line = html.escape(line, quote=False)
    line = re.sub(r"[|~$@^]", lambda found: f"&#{ord(found[0])};", line)
    line = re.sub(r"[\\`*_\[\]]", r"\\\g<0>", line)
    line = _ADDRESS.sub(lambda found: f"{found[1]}&#46;" if found[1] else f"{found[2]}&#58;", line)
    return _LINE_START.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"&#{ord(found[3])};", line)


def code(text: str, limit: int = 200) -> str:
    """One line of text as a code span, whatever backticks it has."""
    shown = visible.line(text, limit) or " "
    ticks = "`" * (_longest_run(shown) + 1)
    padding = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{padding}{shown}{padding}{ticks}"


def fence(text: str, limit: int) -> str:
    """Lines as a fenced block of at most ``limit`` characters, whatever backticks they have."""
    shown = visible.columns(text)
    ticks = "`" * max(3, _longest_run(shown) + 1)
    lines = cut(shown.split("\n"), limit - 2 * len(ticks) - 2)
    return "\n".join([ticks, *lines, ticks]) if lines else ""


def blocks(shown: tuple[Block, ...], limit: int) -> str:
    """Blocks one after the other in at most ``limit`` characters; what does not fit is cut at a line, with a note."""
    parts: list[str] = []
    left = limit - len(_CUT) - 2
    for block in shown:
        part = _block(block, left)
        left -= len(part) + 2
        if left < 0 or not part:
            return "\n\n".join([*parts, _CUT])
        parts.append(part)
    return "\n\n".join(parts)


_CUT = "*The rest is left out: it is too long.*"


def _block(block: Block, limit: int) -> str:
    if isinstance(block, Paragraph):
        return "\n".join(cut(escape(block.text).split("\n"), limit)) or "\u00a0"
    if isinstance(block, Table) and block.caption:
        caption = "\n".join(cut(escape(block.caption).split("\n"), limit))
        lines = fence(plain((Table(block.header, block.rows),)), limit - len(caption) - 2)
        return f"{caption}\n\n{lines}"
    return fence(plain((block,)), limit)


def cut(lines: list[str], limit: int) -> list[str]:
    """As many lines as ``limit`` characters hold, with a last line that says how many were left out.

    >>> cut(["a", "b" * 50, "c" * 50], 80)
    ['a', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', '… (1 more line)']
    """
    if sum(len(line) + 1 for line in lines) <= limit + 1:
        return lines
    room = limit - len(_more(len(lines))) - 1
    kept: list[str] = []
    for line in lines:
        if room < len(line) + 1:
            break
        kept.append(line)
        room -= len(line) + 1
    if not kept:
        # Not in the middle of an entity or after the backslash that escapes the next character.
        return [re.sub(r"(&[#\w]*|\\+)$", "", lines[0][: limit - 1]) + "…"] if limit > 0 else []
    return [*kept, _more(len(lines) - len(kept))]


def _more(count: int) -> str:
    return f"… ({count} more line{'' if count == 1 else 's'})"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
