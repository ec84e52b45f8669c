"""TeX's own layer: comments, switched-off and struck-out passages, verbatim, and the student's macros.

What is left is the text that would be set, each character with its place. Expansion is bounded in depth and in length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from grader.frozen import frozen
from grader.writeup.sources import ANSWER, EMPTY, Sourced, Unreadable, joined

_TOKEN = re.compile(
    r"%[^\n]*(?:\n[ \t]*|$)|\\verb\*?([^a-zA-Z\s]).*?\1|\\(?:[A-Za-z@]+\*?|.|$)|[{}]|[^\\%{}]+", re.DOTALL
)
_DEFINING = ("newcommand", "renewcommand", "providecommand", "DeclareRobustCommand", "DeclareMathOperator")
_STRUCK = re.compile("sout|st|textst|stkout|cancel|bcancel|xcancel|xout|uwave|hcancel|hphantom|phantom")
"""The argument is crossed out, or not seen."""
_BRACED = ("underbrace", "overbrace")
_ADORNED = re.compile(
    "(boxed|fbox|bm|boldsymbol|pmb|ensuremath|smash|underline|uline|hl|mathstrut|mbox|underbrace|overbrace)"
    "|(textcolor|colorbox|stackrel|overset|underset|scalebox|rotatebox|raisebox|parbox|href)|(resizebox|fcolorbox)"
)
"""An argument is set as it stands: the first; the one behind another, or behind two, which only adorn it."""
_DROPPED = re.compile(
    "label|color|hspace|vspace|vphantom|cite|(?:eq|c|C|auto|page|name)?ref|index|footnote|footnotetext|marginpar|todo"
)
_VERBATIM = frozenset(("verbatim", "lstlisting", "minted", "Verbatim", "comment", "alltt", "filecontents"))

DEPTH = 30
LENGTH = 4_000_000
"""Characters after expansion, counted with those that are expanded once more."""
CALL = 40
"""What each expansion counts for, however short it is."""
_BEFORE_COMMENT = r"^(?:\\.|[^%\\\n])*?"


def body(document: Sourced) -> Sourced:
    """What stands in the document environment, or all where there is none."""
    begin = re.search(rf"{_BEFORE_COMMENT}\\begin\s*\{{document\}}", document.text, re.MULTILINE)
    end = re.search(rf"{_BEFORE_COMMENT}(?=\\end\s*\{{document\}})", document.text, re.MULTILINE)
    return document[begin.end() if begin else 0 : end.end() if end else len(document)]


@frozen
class _Macro:
    arguments: int
    body: Sourced
    default: Sourced | None = None


_OF_PACKAGES = {
    name: _Macro(count, Sourced(text, ()), default)
    for name, count, text, default in (
        ("pdv", 3, r"\frac{\partial #2}{\partial #3}", EMPTY),
        ("dv", 3, r"\frac{d #2}{d #3}", EMPTY),
        ("qty", 0, "", None),
        ("protect", 0, "", None),
        ("vb", 1, r"\mathbf{#1}", None),
        ("pmqty", 1, r"\begin{pmatrix}#1\end{pmatrix}", None),
        ("bmqty", 1, r"\begin{bmatrix}#1\end{bmatrix}", None),
    )
}
"""Commands that are no more than short for others."""


@dataclass
class Expander:
    """Expands the files of one write-up; macros that one file defines hold in the next.

    ``file`` gives what ``\\input`` names, or None where nothing of that name was handed in.
    """

    file: Callable[[str], Sourced | None] = lambda name: None
    _macros: dict[str, _Macro] = field(default_factory=lambda: dict(_OF_PACKAGES))
    _primitives: dict[str, str] = field(default_factory=dict)
    _switches: dict[str, bool] = field(default_factory=dict)
    _branches: list[bool] = field(default_factory=list)
    """For each conditional that one is in, whether its ``\\else`` is switched off."""
    _spent: int = 0

    def expand(self, source: Sourced, depth: int = 0) -> Sourced:
        """The text that would be set.

        Raises:
            Unreadable: the macros expand without end, and nothing of the file is read.
        """
        self._spent += len(source) + CALL
        if depth > DEPTH or self._spent > LENGTH:
            raise Unreadable("holds macros that expand without end")
        return joined(self._parts(Reader(source), depth))

    def _parts(self, reader: Reader, depth: int) -> Iterator[Sourced]:
        while (token := reader.token()) is not None:
            text = token.text
            if text.startswith("%"):
                continue
            if not text.startswith("\\") or len(text) == 1 or not text[1].isalpha():
                yield token
            elif text.startswith("\\verb") and not text[5:6].isalpha() and len(text) > 6:
                continue
            else:
                yield from self._control(token, reader, depth)

    def _control(self, token: Sourced, reader: Reader, depth: int) -> Iterator[Sourced]:
        name = token.text[1:].rstrip("*")
        if name == "answer":
            item, text = reader.argument(), reader.argument()
            mark = token.instead(ANSWER)
            yield from (mark, item, mark, self.expand(text, depth + 1), mark)
        elif name in self._macros:
            yield self._expanded(token, self._macros[name], reader, depth)
        elif name in self._primitives:
            yield from self._command(token.instead(self._primitives[name]), reader, depth)
        else:
            yield from self._command(token, reader, depth)

    def _command(self, token: Sourced, reader: Reader, depth: int) -> Iterator[Sourced]:
        """What a command of TeX's own sets."""
        name = token.text[1:].rstrip("*")
        if name.startswith("if") and name not in ("iff", "ifthenelse"):
            self._conditional(name[2:], reader)
        elif name in ("else", "fi"):
            switched_off = self._branches.pop() if self._branches else False
            if name == "else" and switched_off:
                reader.skip_switched_off(stops=("fi",))
            elif name == "else":
                self._branches.append(False)
        elif name == "newif":
            switch = reader.argument().text.removeprefix("\\if")
            self._switches[switch] = False
        elif name.endswith(("true", "false")) and name.removesuffix("true").removesuffix("false") in self._switches:
            self._switches[name.removesuffix("true").removesuffix("false")] = name.endswith("true")
        elif name in _DEFINING:
            self._define(reader, operator=name == "DeclareMathOperator")
        elif name == "def":
            self._define_plainly(reader)
        elif name == "let":
            self._let(reader)
        elif name in ("input", "include", "subfile"):
            file = self.file(reader.argument().text.strip())
            yield EMPTY if file is None else self.expand(body(file), depth + 1)
        elif name == "mqty" and (inner := reader.bracketed()):
            begin, end = token.instead(r"\begin{pmatrix}"), reader.last().instead(r"\end{pmatrix}")
            yield from (begin, self.expand(inner, depth + 1), end)
        elif _STRUCK.fullmatch(name):
            reader.argument()
            yield token[:1].instead(" ")
        elif found := _ADORNED.fullmatch(name):
            for _ in range((found.lastindex or 1) - 1):
                reader.optional()
                reader.argument()
            inner = self.expand(reader.argument(), depth + 1)
            if name in _BRACED:
                reader.skip_script()
            # Braces keep what was one thing one thing, x^\bm{ab}, and have the places of what stood around it.
            before, behind = "  " if "=" in inner.text else "{}"
            yield from (token.instead(before)[:1], inner, reader.last().instead(behind))
        elif _DROPPED.fullmatch(name):
            reader.optional()
            reader.argument()
        elif name == "begin" and reader.environment() in _VERBATIM:
            reader.skip_to_end()
        else:
            yield token

    def _conditional(self, switch: str, reader: Reader) -> None:
        """Goes on in the branch that is switched on; in both where nothing here tells which one it is."""
        known = {"true": True, "false": False, **self._switches}.get(switch)
        if known is False and not reader.skip_switched_off(stops=("fi", "else")):
            return
        self._branches.append(known is True)

    def _let(self, reader: Reader) -> None:
        """``\\let\\x=\\y``: what ``\\y`` means now, whatever it means later."""
        pair = reader.let()
        if pair is None:
            return
        new, old = pair
        self._primitives.pop(new, None)
        if old in self._macros:
            self._macros[new] = self._macros[old]
        else:
            self._macros.pop(new, None)
            self._primitives[new] = self._primitives.get(old, "\\" + old)

    def _expanded(self, token: Sourced, macro: _Macro, reader: Reader, depth: int) -> Sourced:
        begin = reader.at
        arguments: list[Sourced] = []
        if macro.default is not None:
            arguments.append(reader.optional() or macro.default)
        while len(arguments) < macro.arguments:
            arguments.append(reader.argument())
        call = joined((token, reader.source[begin : reader.at]))
        given = dict(enumerate(arguments, 1))
        body = call.instead(macro.body.text).changed(r"#(\d)", lambda found: given.get(int(found[1]), EMPTY))
        # A letter right behind must not become a part of the macro's last word.
        following = reader.source.text[reader.at : reader.at + 1]
        if re.search(r"\\[A-Za-z]+$", macro.body.text) and following.isalpha():
            body = joined((body, call.instead(" ")))
        return self.expand(body, depth + 1)

    def _define(self, reader: Reader, *, operator: bool) -> None:
        name = reader.argument().text.strip().lstrip("\\")
        count = 0
        default = None
        if not operator:
            number = reader.optional()
            count = int(number.text) if number is not None and number.text.strip().isdigit() else 0
            default = reader.optional() if count else None
        body = reader.argument()
        if operator:
            body = body.instead(rf"\operatorname{{{body.text}}}")
        # An \answer of the student's own only says how to set it.
        if name and name != "answer" and not (name in self._macros and len(self._macros) > 1000):
            self._macros[name] = _Macro(min(count, 9), body, default)

    def _define_plainly(self, reader: Reader) -> None:
        """``\\def\\x#1{…}``."""
        name = reader.token()
        count = reader.parameters()
        if name and reader.source.text.startswith("{", reader.at) and name.text.startswith("\\"):
            self._macros[name.text[1:]] = _Macro(count, reader.argument())


class Reader:
    """A text from left to right, as TeX takes it apart."""

    def __init__(self, source: Sourced) -> None:
        self.source = source
        self.at = 0

    def _next(self, pattern: str | re.Pattern[str]) -> re.Match[str] | None:
        """What the pattern matches here, and goes on behind it."""
        found = re.compile(pattern).match(self.source.text, self.at)
        self.at = found.end() if found else self.at
        return found

    def _captured(self, pattern: str | re.Pattern[str]) -> Sourced | None:
        """What the first group of the pattern matches here, if it does."""
        found = self._next(pattern)
        return self.source[found.start(1) : found.end(1)] if found else None

    def token(self) -> Sourced | None:
        found = self._next(_TOKEN)
        return self.source[found.start() : found.end()] if found else None

    def argument(self) -> Sourced:
        """A group without its braces, or the next sign."""
        self._next(r"(?:\s|%[^\n]*\n)*")
        begin = self.at
        if self.source.text[begin : begin + 1] != "{":
            self._next(r"\\(?:[A-Za-z@]+|(?s:.))|[^\s}]")
            return self.source[begin : self.at]
        depth = 0
        while (token := self.token()) is not None:
            depth += (token.text == "{") - (token.text == "}")
            if depth == 0:
                return self.source[begin + 1 : self.at - 1]
        return self.source[begin + 1 :]

    def last(self) -> Sourced:
        """The sign that was read last."""
        return self.source[max(0, self.at - 1) : self.at]

    def optional(self) -> Sourced | None:
        """What stands in square brackets, if they follow."""
        return self._captured(r"\s*\[([^\[\]{}]*(?:\{[^{}]*\}[^\[\]{}]*)*)\]")

    def bracketed(self) -> Sourced | None:
        """What stands in round or square brackets, if they follow, with nothing but flat brackets in it."""
        return self._captured(r"\(((?:[^()]|\([^()]*\))*)\)") or self._captured(r"\[([^\[\]]*)\]")

    def let(self) -> tuple[str, str] | None:
        """The two names behind ``\\let``; None where the second one is a sign."""
        found = self._next(r"\s*\\([A-Za-z@]+)\s*=?\s*(?:\\([A-Za-z@]+)|.)")
        return (found[1], found[2]) if found and found[2] else None

    def parameters(self) -> int:
        """How many parameters stand behind the name in a ``\\def``."""
        found = self._next(r"((?:#\d)*)\s*")
        return found[1].count("#") if found else 0

    def environment(self) -> str:
        """The name behind ``\\begin``, which stays to be read."""
        found = re.compile(r"\s*\{([A-Za-z]+)\*?\}").match(self.source.text, self.at)
        return found[1] if found else ""

    def skip_to_end(self) -> None:
        """Past the ``\\end`` of the environment that begins here."""
        end = re.compile(rf"\\end\s*\{{{re.escape(self.environment())}\*?\}}").search(self.source.text, self.at)
        self.at = end.end() if end else len(self.source)

    def skip_switched_off(self, stops: tuple[str, ...]) -> bool:
        """Past what is switched off, to the end of the conditional; whether an ``\\else`` stopped it before."""
        depth = 1
        pattern = re.compile(r"(?<!\\newif)\\(if(?!f(?![a-zA-Z])|thenelse)[a-zA-Z]*|fi|else)(?![a-zA-Z])")
        for found in pattern.finditer(self.source.text, self.at):
            self.at = found.end()
            depth += (found[1] not in ("fi", "else")) - (found[1] == "fi")
            if depth == 0 or (depth == 1 and found[1] in stops):
                return depth > 0
        self.at = len(self.source)
        return False

    def skip_script(self) -> None:
        """Past the words below or above a brace."""
        if self._next(r"\s*[_^]"):
            self.argument()
