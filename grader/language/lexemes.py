"""The cleaned text cut into lexemes: numbers, runs of letters, signs and brackets, TeX dress taken off."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from grader.frozen import frozen
from grader.language import macros
from grader.language.cleaning import INDICATOR, Typed
from grader.language.nodes import Span
from grader.language.unreadable import Unreadable, quoted

Kind = Literal[
    "number", "word", "sign", "open", "close", "structure", "accent", "begin", "end", "row", "column", "nothing"
]


@frozen
class Lexeme:
    """One piece of the text. ``gap`` is the white space before it; ``whole`` words are never split into letters."""

    kind: Kind
    text: str
    start: int
    end: int
    gap: str = ""
    whole: bool = False

    @property
    def span(self) -> Span:
        return (self.start, self.end)


DIGITS = 400
_PIECE = re.compile(
    r"""(?P<space>[ \r]+|\n)
    |(?P<number>(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<begin>\\(?:begin|end)\s*\{\s*(?P<env>[A-Za-z]+\*?)\s*\})
    |(?P<macro>\\operatorname\*|\\(?:left|right)\s*\.|\\not\s*(?:[=<>≤≥]|\\(?:in|lt|gt|leq?|geq?|leqslant|geqslant|equiv)(?![A-Za-z]))|\\[A-Za-z]+|\\\\(?:\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm)\s*\])?\*?|\\.|\\$)
    |(?P<word>(?:[oO]ne_[hH]ot|(?:zeros|ones)_like)(?![A-Za-z])|[A-Za-z]+)
    |(?P<sign>\*\*|<=>|<->|==>|-->|<==(?!=)|<=|>=|===?|!=|=/=|<>|=>|=<|->|&&|\|\||:=|>>>?|<<<?|\.\.+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_SAME_SIGN = {
    "**": "^", "<=": "≤", "=<": "≤", ">=": "≥", "==": "=", "===": "=", "!=": "≠", "=/=": "≠", "<>": "≠", "&&": "∧",
    "||": "∨", "<=>": "⇔", "<->": "⇔", "==>": "⇒", "-->": "⇒", "->": "⇒", "<==": "⇐", ">>": "≫",
    "<<": "≪", ">>>": "≫", "<<<": "≪", "~": "≈", "=>": "=>", "≮": "≥", "≯": "≤",
    "≰": ">", "≱": "<",
}  # fmt: skip
_STRUCK = {
    "=": "≠", "\\equiv": "≠", "\\in": "∉", "<": "≥", "\\lt": "≥", ">": "≤", "\\gt": "≤",
    **dict.fromkeys(("≤", "\\le", "\\leq", "\\leqslant"), ">"),
    **dict.fromkeys(("≥", "\\ge", "\\geq", "\\geqslant"), "<"),
}  # fmt: skip
"""What a relation with a stroke through it says."""
_CLOSING = {")": "(", "]": "[", "}": "{", "⟩": "⟨", "⌋": "⌊", "⌉": "⌈"}
_COLUMNS = re.compile(r"(?:\s*\[[tbc]\])?\s*\{[lcr|@{}\s]*?\}")


def scan(typed: Typed, most: int) -> list[Lexeme]:
    """The lexemes of the text, at most ``most`` of them.

    Raises ``Unreadable`` at an unknown macro or sign, a number with too many digits, or too many lexemes.
    """
    text = typed.text
    found: list[Lexeme] = []
    gap = ""
    at = 0
    while at < len(text):
        match = _PIECE.match(text, at)
        assert match is not None, "every character matches the last alternative"
        kind, piece, at = match.lastgroup, match.group(), match.end()
        span = (typed.starts[match.start()], typed.ends[at - 1])
        if piece == "~" and found and found[-1].text != "=":
            kind = "space"
        if kind == "space":
            gap = "\n" if "\n" in piece or gap == "\n" else " "
            continue
        if kind in ("begin", "env"):
            begins = piece.startswith("\\begin")
            new = Lexeme("begin" if begins else "end", match.group("env"), *span, gap)
            if begins and new.text == "array" and (columns := _COLUMNS.match(text, at)):
                at = columns.end()
        elif kind == "macro":
            if piece in macros.SPACES or re.fullmatch(r"\\(left|right)\s*\.", piece):
                gap = gap or " "
                continue
            new = _macro(piece, span, gap)
        elif kind == "number":
            # A full stop after the last digit ends the sentence, or starts ".T".
            glued = bool(found) and found[-1].kind == "word" and not gap and text[at : at + 1] in "*/^"
            if piece.endswith(".") and (at == len(text) or text[at].isalpha() or glued or not text[at:].strip()):
                piece, at = piece[:-1], at - 1
                span = (span[0], typed.ends[at - 1])
            new = _number(piece, span, gap)
        elif kind == "word":
            new = Lexeme("word", piece, *span, gap)
        else:
            new = _sign(piece, span, gap)
        found.append(new)
        gap = ""
        if len(found) > most:
            raise Unreadable("read.too-long", f"This answer has more than {most} parts: too long to be read.", (0, 1))
    return _undressed(_cases(found))


def _cases(found: list[Lexeme]) -> list[Lexeme]:
    r"""An array behind a brace that nothing closes, ``\left\{ … \right.``, as cases, the brace left out."""
    kept: list[Lexeme] = []
    opened: list[tuple[int, bool]] = []
    for index, one in enumerate(found):
        kept.append(one)
        if one.kind == "begin":
            opened.append((len(kept) - 1, one.text == "array" and index > 0 and found[index - 1].text == "{"))
        elif one.kind == "end" and opened:
            start, braced = opened.pop()
            if braced and not any(after.text == "}" for after in found[index + 1 : index + 3]):
                kept[start - 1] = replace(kept[start], text="cases")
                kept[-1] = replace(one, text="cases")
                kept[start] = replace(kept[start], kind="sign", text="$")
    return kept


def _number(piece: str, span: Span, gap: str) -> Lexeme:
    mantissa, _, exponent = piece.lower().partition("e")
    if len(mantissa) > DIGITS or (exponent and (len(exponent) > 5 or abs(int(exponent)) > DIGITS)):
        raise Unreadable("read.too-large", f"This number has more than {DIGITS} digits.", span)
    return Lexeme("number", piece, *span, gap)


_MACROS: tuple[tuple[frozenset[str], Kind], ...] = (
    (macros.SIZES | macros.FONTS | macros.PLAIN_MATRICES | macros.STRUCTURES, "structure"),
    (macros.INFIX, "sign"),
    (macros.ACCENTS, "accent"),
)


def _macro(piece: str, span: Span, gap: str) -> Lexeme:
    if piece.startswith("\\\\") or piece in macros.ROWS:
        return Lexeme("row", "\\\\", *span, gap)
    if piece.startswith("\\not") and (struck := _STRUCK.get(piece[4:].strip())):
        return _sign(struck, span, gap)
    if piece in macros.SIGNS:
        return _sign(macros.SIGNS[piece], span, gap)
    if piece in macros.LETTERS:
        return Lexeme("word", macros.LETTERS[piece], *span, gap, whole=True)
    for known, kind in _MACROS:
        if piece in known:
            return Lexeme(kind, piece, *span, gap)
    hint = "" if piece == "\\" else None
    raise Unreadable("read.unknown-macro", f"The TeX macro {quoted(piece)} is not known here.", span, hint=hint)


def _sign(piece: str, span: Span, gap: str) -> Lexeme:
    piece = _SAME_SIGN.get(piece, piece)
    if piece == INDICATOR or (piece.isalpha() and len(piece) == 1):
        return Lexeme("word", "sigma" if piece == "σ" else piece, *span, gap, whole=True)
    kind: Kind = "open" if piece in _CLOSING.values() else "close" if piece in _CLOSING else "sign"
    return Lexeme("column" if piece == "&" else kind, piece, *span, gap)


def _undressed(found: list[Lexeme]) -> list[Lexeme]:
    """Without size macros, dollar signs and font macros (and the braces of their arguments)."""
    kept: list[Lexeme] = []
    dropped: set[int] = set()
    partners = partner(found)
    for index in [at for at, one in enumerate(found) if one.text in macros.PLAIN_MATRICES and at + 1 in partners]:
        name, opening, closing = found[index].text[1:], found[index + 1], found[partners[index + 1]]
        if found[index].kind == "structure" and opening.text == "{":
            found[index + 1] = replace(opening, kind="begin", text=name)
            found[partners[index + 1]] = replace(closing, kind="end", text=name)
    gap = ""
    for index, lexeme in enumerate(found):
        following = found[index + 1] if index + 1 < len(found) else None
        dress = lexeme.kind == "structure" and lexeme.text in macros.SIZES | macros.FONTS | macros.PLAIN_MATRICES
        if index in dropped or dress or lexeme.text == "$":
            gap = gap or lexeme.gap or (" " if lexeme.text == "$" else "")
            if lexeme.text in macros.SWITCHES:
                if index and found[index - 1].text == "{" and kept and index - 1 in partners:
                    dropped.add(partners[index - 1])
                    kept.pop()
            elif dress and lexeme.text in macros.FONTS and following is not None:
                inner = index + 2 if following.text == "{" else index + 1
                if following.text == "{" and index + 1 in partners:
                    dropped |= {index + 1, partners[index + 1]}
                _embolden(found, index, inner)
            continue
        kept.append(replace(lexeme, gap=lexeme.gap or gap) if gap else lexeme)
        gap = ""
    return kept


def _embolden(found: list[Lexeme], font: int, inner: int) -> None:
    # A bold 1 is the indicator, or the vector of ones; a blackboard I likewise. Bold letters are just letters.
    if inner >= len(found) or found[font].text not in macros.BOLD:
        return
    alone = inner + 1 >= len(found) or inner == font + 1 or found[inner + 1].text == "}"
    if found[inner].text == "1" and alone:
        found[inner] = replace(found[inner], kind="word", text=INDICATOR, whole=True)


def partner(found: list[Lexeme]) -> dict[int, int]:
    """For each bracket that has one, where its partner stands; brackets pair by nesting, whatever their kind."""
    return pairs((one.kind == "open") - (one.kind == "close") for one in found)


def pairs(turns: Iterable[int]) -> dict[int, int]:
    """For each place that opens (1) or closes (-1) something, its partner, if it has one."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for index, turn in enumerate(turns):
        if turn > 0:
            waiting.append(index)
        elif turn < 0 and waiting:
            found[waiting[-1]] = index
            found[index] = waiting.pop()
    return found


def closes(opening: str, closing: str) -> bool:
    """Whether the two brackets are of one kind."""
    return _CLOSING.get(closing) == opening


def braced(found: list[Lexeme]) -> list[Lexeme]:
    """With braces around every argument of a fraction or root: ``\\frac12`` and ``\\frac n2`` have none."""
    found = _prefixed(_without_idle(found))
    result = list(found)
    for index in range(len(found) - 1, -1, -1):
        lexeme = found[index]
        if lexeme.kind != "structure":
            continue
        at = index + 1
        if lexeme.text == "\\sqrt" and at < len(result) and result[at].text == "[":
            at = _after(result, at)
        for _ in range(1 if lexeme.text == "\\sqrt" else 2):
            at = _wrap(result, at, lexeme)
    return result


def _without_idle(found: list[Lexeme]) -> list[Lexeme]:
    """Without ``{}`` after an operand or a sign, and without the braces of a single sign: ``k^3{}``, ``a{>}b``."""
    kept: list[Lexeme] = []
    at = 0
    while at < len(found):
        before = kept[-1] if kept else None
        free = before is not None and before.kind in ("number", "word", "sign") and before.text not in ("^", "_", "∈")
        spelled = [one.text for one in found[at : at + 3]]
        if free and spelled[:2] == ["{", "}"]:
            at += 2
        elif free and len(spelled) == 3 and spelled[0] == "{" and spelled[2] == "}" and spelled[1] in _SINGLE:
            kept.append(found[at + 1])
            at += 3
        else:
            kept.append(found[at])
            at += 1
    return kept


def _prefixed(found: list[Lexeme]) -> list[Lexeme]:
    """``{a \\over b}`` as ``\\frac{a}{b}``, ``n choose k`` as ``\\binom{n}{k}``."""
    result = list(found)
    for index in range(len(found) - 1, -1, -1):
        lexeme = result[index]
        if lexeme.text in _INFIX or (lexeme.kind == "word" and lexeme.text.lower() == "choose"):
            beside = _operand if lexeme.kind == "word" else _reach
            start, end = beside(result, index, -1), beside(result, index, 1)
            if start == index or end == index:
                continue
            inside = start > 0 and end + 1 < len(result) and result[start - 1].text == "{" != result[index - 1].text
            inside = inside and result[end + 1].text == "}" and (start < 2 or result[start - 2].text not in "^_")
            left, right = result[start:index], result[index + 1 : end + 1]
            made = [replace(lexeme, kind="structure", text=_INFIX.get(lexeme.text, "\\binom"), gap=left[0].gap)]
            for part in (left, right):
                opening = Lexeme("open", "{", part[0].start, part[0].start)
                made += [opening, *part, Lexeme("close", "}", part[-1].end, part[-1].end)]
            result[start - inside : end + 1 + inside] = made
    return result


_SINGLE = ("+", "-", "*", "/", "<", ">", "≤", "≥", "=", "≠")
_INFIX = {"\\over": "\\frac", "\\choose": "\\binom"}


def _reach(found: list[Lexeme], index: int, step: int) -> int:
    """How far what stands on this side reaches: to the bracket around it, or to the end of the member of a chain."""
    inner, outer = ("open", "close") if step > 0 else ("close", "open")
    at, depth = index, 0
    while 0 <= at + step < len(found):
        one = found[at + step]
        if depth == 0 and (one.kind == outer or one.text in _BETWEEN):
            break
        depth += {inner: 1, outer: -1}.get(one.kind, 0)
        at += step
    return at


_BETWEEN = ("=", "<", ">", "≤", "≥", "≠", "≈", ",", ":")


def _operand(found: list[Lexeme], index: int, step: int) -> int:
    """Where the single operand beside this word ends; the word's own place if there is none that stands alone."""
    at = index + step
    if not 0 <= at < len(found):
        return index
    if found[at].kind == ("close" if step < 0 else "open"):
        at = partner(found).get(at, index)
    elif found[at].kind not in ("number", "word"):
        return index
    beyond = at + step
    alone = not 0 <= beyond < len(found) or found[beyond].kind in ("open", "close") or found[beyond].text in _BETWEEN
    return at if alone else index


def _wrap(result: list[Lexeme], at: int, owner: Lexeme) -> int:
    if at >= len(result) or result[at].kind not in ("open", "number", "word"):
        message = f"{quoted(owner.text)} needs its arguments in braces."
        raise Unreadable("read.missing-argument", message, owner.span, expected="{…}")
    first = result[at]
    if first.kind == "open":
        return _after(result, at)
    single = first.text.isdigit() if first.kind == "number" else not first.whole
    size = 1 if single else len(first.text)
    head = replace(first, text=first.text[:size])
    tail = [replace(first, text=first.text[size:], gap="")] if size < len(first.text) else []
    opening, closing = Lexeme("open", "{", first.start, first.start), Lexeme("close", "}", first.end, first.end)
    result[at : at + 1] = [opening, head, closing, *tail]
    return at + 3


def _after(lexemes: list[Lexeme], at: int) -> int:
    if (close := partner(lexemes).get(at)) is None:
        raise Unreadable(
            "read.unbalanced", f"The bracket {quoted(lexemes[at].text)} is never closed.", lexemes[at].span
        )
    return close + 1
