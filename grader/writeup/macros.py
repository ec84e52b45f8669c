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
_DEFINING = ("def", "newcommand", "renewcommand", "providecommand", "DeclareRobustCommand", "DeclareMathOperator")
_VERBATIM = re.compile(
    r"\s*\{(verbatim|lstlisting|minted|Verbatim|comment|alltt|filecontents)\*?\}.*?(?:\\end\s*\{\1\*?\}|\Z)", re.DOTALL
)
_CONDITIONAL = re.compile(r"(?<!\\newif)\\(if(?!f(?![a-zA-Z])|thenelse)[a-zA-Z]*|fi|else)(?![a-zA-Z])")
_MATRIX = re.compile(r"\(((?:[^()]|\([^()]*\))*)\)|\[([^\[\]]*)\]")
"""In round or square brackets, with nothing but flat brackets in it."""
_LET = re.compile(r"\s*\\([A-Za-z@]+)\s*=?\s*(?:\\([A-Za-z@]+)|.)")
"""The second name is none where it is a sign."""

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
    """With a ``default``, the first argument stands in square brackets or nowhere."""

    arguments: int
    body: Sourced
    default: Sourced | None = None


_OF_PACKAGES = {
    name: _Macro(count, Sourced(text, ()), default)
    for names, count, text, default in (
        # The argument is crossed out, or not seen.
        ("sout st textst stkout cancel bcancel xcancel xout uwave hcancel hphantom phantom", 1, " ", None),
        ("label ref eqref cref Cref autoref pageref nameref cite index footnote footnotetext", 2, "", EMPTY),
        ("color hspace vspace vphantom marginpar todo", 2, "", EMPTY),
        # Braces keep what was one thing one thing, x^\bm{ab}.
        ("boxed fbox bm boldsymbol pmb ensuremath smash underline uline hl mathstrut mbox", 1, "{#1}", None),
        ("underbrace overbrace", 1, "{#1}", None),
        ("textcolor colorbox stackrel overset underset", 3, "{#3}", EMPTY),
        ("scalebox rotatebox raisebox parbox href", 3, "{#3}", EMPTY),
        ("resizebox fcolorbox", 4, "{#4}", EMPTY),
        ("pdv", 3, r"\frac{\partial #2}{\partial #3}", EMPTY),
        ("dv", 3, r"\frac{d #2}{d #3}", EMPTY),
        ("qty protect", 0, "", None),
        ("vb", 1, r"\mathbf{#1}", None),
        ("pmqty", 1, r"\begin{pmatrix}#1\end{pmatrix}", None),
        ("bmqty", 1, r"\begin{bmatrix}#1\end{bmatrix}", None),
    )
    for name in names.split()
}
"""Commands that are no more than short for others, or that only adorn what they set."""


@dataclass
class Expander:
    """Expands the files of one write-up; macros that one file defines hold in the next.

    ``file`` gives what ``\\input`` names, or None where nothing of that name was handed in.
    """

    file: Callable[[str], Sourced | None] = lambda name: None
    _macros: dict[str, _Macro] = field(default_factory=lambda: dict(_OF_PACKAGES))
    _primitives: dict[str, str] = field(default_factory=dict)
    _switches: dict[str, bool] = field(default_factory=lambda: {"true": True, "false": False})
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
        while (token := reader.matched(_TOKEN)) is not None:
            text = token.text
            is_verbatim = text.startswith("\\verb") and not text[5:6].isalpha() and len(text) > 6
            if text.startswith("%") or is_verbatim:
                continue
            if text.startswith("\\") and text[1:2].isalpha():
                yield from self._control(token, reader, depth)
            else:
                yield token

    def _control(self, token: Sourced, reader: Reader, depth: int) -> Iterator[Sourced]:
        """What a control sequence sets, after its arguments were read."""
        name = token.text[1:].rstrip("*")
        if name == "answer":
            item, text = reader.argument(), reader.argument()
            mark = token.instead(ANSWER)
            yield from (mark, item, mark, self.expand(text, depth + 1), mark)
            return
        if name in self._macros:
            yield self._expanded(token, reader, depth)
            return
        if name in self._primitives:
            token = token.instead(self._primitives[name])
            name = token.text[1:].rstrip("*")
        switch = re.sub("(?:true|false)+$", "", name)
        if name in ("else", "fi") or (name.startswith("if") and name not in ("iff", "ifthenelse")):
            self._conditional(name, reader)
        elif name == "newif":
            self._switches[reader.argument().text.removeprefix("\\if")] = False
        elif switch != name and switch in self._switches:
            self._switches[switch] = name.endswith("true")
        elif name in _DEFINING:
            self._define(name, reader)
        elif name == "let":
            self._let(reader)
        elif name in ("input", "include", "subfile"):
            file = self.file(reader.argument().text.strip())
            yield EMPTY if file is None else self.expand(body(file), depth + 1)
        elif name == "mqty" and (found := reader.match(_MATRIX)):
            call = joined((token, reader.source.group(found)))
            inner = reader.source.group(found, found.lastindex or 1)
            begin, end = call.instead(r"\begin{pmatrix}"), call.instead(r"\end{pmatrix}")
            yield from (begin, self.expand(inner, depth + 1), end)
        elif name != "begin" or not reader.match(_VERBATIM):
            yield token

    def _conditional(self, name: str, reader: Reader) -> None:
        """Goes on in the branch that is switched on; in both where nothing here tells which one it is."""
        if name in ("else", "fi"):
            switched_off = self._branches.pop() if self._branches else False
            if name == "else" and switched_off:
                _skip_branch(reader)
            elif name == "else":
                self._branches.append(False)
            return
        known = self._switches.get(name[2:])
        if known is not False or _skip_branch(reader, to_else=True):
            self._branches.append(known is True)

    def _let(self, reader: Reader) -> None:
        """``\\let\\x=\\y``: what ``\\y`` means now, whatever it means later."""
        found = reader.match(_LET)
        if not found or not found[2]:
            return
        new, old = found.groups()
        if old in self._macros:
            self._macros[new] = self._macros[old]
        else:
            self._macros.pop(new, None)
            self._primitives[new] = self._primitives.get(old, "\\" + old)

    def _expanded(self, token: Sourced, reader: Reader, depth: int) -> Sourced:
        name = token.text[1:].rstrip("*")
        macro = self._macros[name]
        begin = reader.at
        arguments: list[Sourced] = []
        if macro.default is not None:
            arguments.append(reader.optional() or macro.default)
        while len(arguments) < macro.arguments:
            arguments.append(reader.argument())
        if name in ("underbrace", "overbrace") and reader.match(r"\s*[_^]"):
            reader.argument()  # the words below or above
        call = joined((token, reader.source[begin : reader.at]))
        given = dict(enumerate(arguments, 1))
        text = macro.body.text
        if macro is _OF_PACKAGES.get(name) and text.startswith("{") and "=" in arguments[-1].text:
            text = text.replace("{", " ").replace("}", " ")  # an equation is no one thing
        body = call.instead(text).changed(r"#(\d)", lambda found: given.get(int(found[1]), EMPTY))
        # A letter right behind must not become a part of the macro's last word.
        following = reader.source.text[reader.at : reader.at + 1]
        if re.search(r"\\[A-Za-z]+$", text) and following.isalpha():
            body = joined((body, call.instead(" ")))
        return self.expand(body, depth + 1)

    def _define(self, command: str, reader: Reader) -> None:
        """``\\newcommand{\\x}[1]{…}``, ``\\def\\x#1{…}``, ``\\DeclareMathOperator{\\x}{…}``."""
        name = reader.argument().text.strip().lstrip("\\")
        count = 0
        default = None
        if command == "def":
            parameters = reader.match(r"(?:#\d)*\s*(?=\{)")
            if not parameters:
                return
            count = parameters[0].count("#")
        elif command != "DeclareMathOperator":
            number = reader.optional()
            count = int(number.text) if number is not None and number.text.strip().isdigit() else 0
            default = reader.optional() if count else None
        body = reader.argument()
        if command == "DeclareMathOperator":
            body = body.instead(rf"\operatorname{{{body.text}}}")
        # An \answer of the student's own only says how to set it.
        if name and name != "answer" and not (name in self._macros and len(self._macros) > 1000):
            self._macros[name] = _Macro(min(count, 9), body, default)


class Reader:
    """A text from left to right, as TeX takes it apart."""

    def __init__(self, source: Sourced) -> None:
        self.source = source
        self.at = 0

    def match(self, pattern: str | re.Pattern[str]) -> re.Match[str] | None:
        """What the pattern matches here, and goes on behind it."""
        found = re.compile(pattern).match(self.source.text, self.at)
        self.at = found.end() if found else self.at
        return found

    def matched(self, pattern: str | re.Pattern[str], group: int = 0) -> Sourced | None:
        """What the pattern, or a group of it, matches here, if it does; goes on behind the match."""
        found = self.match(pattern)
        return self.source.group(found, group) if found else None

    def argument(self) -> Sourced:
        """A group without its braces, or the next sign."""
        self.match(r"(?:\s|%[^\n]*\n)*")
        begin = self.at
        if self.source.text[begin : begin + 1] != "{":
            self.match(r"\\(?:[A-Za-z@]+|(?s:.))|[^\s}]")
            return self.source[begin : self.at]
        depth = 0
        while (token := self.matched(_TOKEN)) is not None:
            depth += (token.text == "{") - (token.text == "}")
            if depth == 0:
                return self.source[begin + 1 : self.at - 1]
        return self.source[begin + 1 :]

    def optional(self) -> Sourced | None:
        """What stands in square brackets, if they follow."""
        return self.matched(r"\s*\[([^\[\]{}]*(?:\{[^{}]*\}[^\[\]{}]*)*)\]", 1)


def _skip_branch(reader: Reader, *, to_else: bool = False) -> bool:
    """Past what is switched off, to the end of the conditional; whether an ``\\else`` stopped it before."""
    depth = 1
    for found in _CONDITIONAL.finditer(reader.source.text, reader.at):
        reader.at = found.end()
        depth += (found[1] not in ("fi", "else")) - (found[1] == "fi")
        if depth == 0 or (depth == 1 and found[1] == "else" and to_else):
            return depth > 0
    reader.at = len(reader.source)
    return False
