"""A derivation as people lay it out, cut into statements ``left = right``: lines, bullets, numbers, prose, TeX.

Nothing is understood here beyond what parts one statement from the next; what a left side names is asked of a function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from grader.frozen import frozen
from grader.language import lexemes, words
from grader.language.cleaning import closing
from grader.language.reading.equations import DOTS, Left, outside

Named = Callable[[str], "Left | None"]
"""What a text on the left of an equality sign names, if it names anything."""


@frozen
class Statement:
    """``left = right`` as typed, and the line that it starts in; ``given`` where words such as *where* introduce it.

    ``adds`` says that it is ``left += right``.
    """

    typed: str
    left: Left
    right: str
    line: int
    given: bool = False
    adds: bool = False


@frozen
class Aside:
    """A piece that states nothing, or something about what is not known: it is left aside, and said so."""

    text: str
    line: int


LENGTH = 10_000
"""No longer text is cut."""

_END = "\x1e"
"""Stands where a statement ends and no line does."""

_TEXT = r"\\(?:text|textrm|textit|textbf|mbox|intertext|shortintertext|mathrm)\s*\{([^{}]*)\}"
_DROPPED: tuple[tuple[str, str], ...] = (
    (r"(?<!\\)%[^\n]*|(?<=\s)#(?=\s)[^\n]*", ""),  # comments
    (r"(?<=\s)//(?=[ \t]+(?:[A-Za-z]{2,}[ \t]+[A-Za-z]|[A-Za-z-]{6,}[ \t]*(?:\n|$)))[^\n]*", ""),  # in words
    (r"\\(?:tag|label|eqref|ref|vspace|hspace)\*?\s*\{[^{}]*\}", " "),
    (r"\\(?:nonumber|notag|displaystyle|noindent|centering|par|medskip|bigskip|smallskip)(?![A-Za-z])", " "),
    (r"\\hfill(?![A-Za-z])", "   "),
    (r"(?<!\\)\\[ \t]", " "),
    (r"(?<![\w)\]'}])(\*\*|__)(?=\S)([^\n]+?)(?<=\S)\1(?![\w(])", r"\2"),  # bold
    (r"<br\s*/?>|\$\$|(?<!\\)\\\[|(?<!\\)\\\]|\\item(?:\[[^\]\n]*\])?(?![A-Za-z])", _END),
    (r"(?<!\\)\\\(|(?<!\\)\\\)|\$", " "),
    (r"`([^`\n]+)`", r"\1"),
    (
        r"(?<![A-Za-z])for\s+(?:all\s+)?(?:the\s+)?others?(?:\s+(?:[A-Za-z]|entries|classes|components))?(?![A-Za-z])",
        "otherwise",
    ),
    (r"(?<![A-Za-z])for\s+(?:all|each|every|any)\s+(?=[A-Za-z]\s*(?:≠|!=|\\neq?(?![A-Za-z])))", "for "),
    (r"(?:\\leftarrow|\\gets)(?![A-Za-z])|<--?(?!>)|←|⟵", "<-"),
)
"""Dress around and between statements: what it looks like, and what stands for it."""

_PLACED = re.compile(r"\\(begin|end)\s*\{([A-Za-z]+\*?)\}(?:\s*\{[lcr|@{}\s]*\})?")
_MACRO = re.compile(r"(?<!\\)\\n([A-Za-z]*)")
_CUTS = re.compile(
    r"(?P<open>[(\[{]|\\begin\s*\{)|(?P<close>[)\]}])|(?P<env>\\end\s*\{[A-Za-z]+\*?\})"
    r"|(?P<hard>\n|\x1e|\\\\(?:\[[^\]\n]{0,10}\])?|(?<!\\);)"
    r"|(?P<soft>(?<!\\),|(?<![=\\])(?<!= )&+(?!\s*(?:[:≡≈]?=|\\(?:equiv|approx|coloneqq)(?![A-Za-z])))"
    r"|\\q?quad(?![A-Za-z])|(?<!\s)\.(?=\s|$)|[⇒⟹⟶→]|=>|(?<![-<])->|\\(?:implies|Rightarrow|Longrightarrow|to)(?![A-Za-z])"
    r"|(?<![A-Za-z])(?:i\.\s?e\.|or equivalently)"
    r"|(?<![A-Za-z\\_'])(?:since|because|where|with|using|and|let|define|set|so|then|hence|thus)"
    r"(?![A-Za-z_'])(?!\s*\())",
    re.IGNORECASE,
)
"""What parts statements: hard signs always, soft ones where a statement starts behind them."""

_AGAIN = re.compile(r"^(?:i\.\s?e\.|or equivalently)$", re.IGNORECASE)
_GIVES = re.compile(r"^(?:where|with|let|define|set)\b", re.IGNORECASE)
_SIGN = re.compile(r":=|<-|\\coloneqq(?![A-Za-z])|\\equiv(?![A-Za-z])|≡|≔|(?<![<>!=:])={1,2}(?!=)|:")
_BULLET = re.compile(
    r"\s*(?:[-–−*+•·‣▪◦>]\s+|\\bullet\b\s*|(?:[-=]?>|[→⇒∴]|\\(?:Rightarrow|implies|therefore|to)(?![A-Za-z]))\s*"
    r"|\[\d{1,2}\]\s+|\(?(?:\d{1,2}(?:\.\d{1,2})*|[a-zA-Z]|[ivx]{1,5})[.)]\s+|\(\d{1,2}(?:\.\d+)*\)"
    r"|(?:Step|Eq\.?|Equation|Line|Part)\s*\(?\d{1,2}(?:\.\d+)*\)?\s*[.:)]?\s*|\d{1,2}:\s+)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?:(?<=\s)|(?<=[.,]))[(\[]\s*(?:eq\.?\s*)?\d{1,3}(?:\.\d{1,3})*\s*[)\]]\s*[.,]?\s*$", re.IGNORECASE
)
_GOES_ON = re.compile(r"\s*(?:=(?!=)|[+*/@∘⊙⊗⋅·×∙]|-|−|\\odot|\\circ|\\cdot|\\times|\\equiv|\)|\]|\^)")
_UNFINISHED = re.compile(r"(?:[=+*/@∘⊙(,−-]|\\odot|\\circ|\\cdot|\\times)\s*$")
_WORD = re.compile(r"[A-Za-z][A-Za-z’-]*[,:.]?$")
_NEVER = words.listed("not never wrong false incorrect if when else otherwise iff unless whenever for")
_NAMES_NEXT = words.listed("where with let define set and denote using call put write have")
_ONE_HOT = re.compile(
    r"(?P<word>(?<![A-Za-z])(?:where|with|let|and|here))\s+(?:the\s+)?(?P<name>[A-Za-z](?:_\{?[A-Za-z]\}?)?)"
    r"(?:\s*(?:is|be|denotes|being|as|=))?\s+(?:(?:the|a|an)\s+)?(?:(?:\w+\s+)?one[- ]?hot(?![A-Za-z(_])"
    r"|(?P<nth>[A-Za-z])\s{0,3}\^?\s?\{?[-–]?\s?th\}?\s+(?:(?:standard|canonical|natural|unit|coordinate)\s+)+(?:basis\s+)?(?=vector))"
    r"(?:\s*(?:vector|encoding|label|representation|column))*"
    r"(?:\s+(?:of|for|at)\s+(?:(?:the|true|correct|target|class|label|index|entry|position)\s+)*(?P<of>[A-Za-z])(?![\w']))?",
    re.IGNORECASE,
)


def statements(
    text: str, line: int, named: Named, label: str = "", first: Statement | None = None
) -> Iterator[Statement | Aside]:
    """The statements of a text whose first line is ``line``, in order.

    ``first`` is a statement whose left side stands elsewhere, in the key of a field: the text begins with its right
    side. ``label`` is the label of the problem, for a text that says which letter is its one-hot vector.
    """
    current, interrupted = first, False
    for piece in _pieces(_undressed(text, label), line):
        reason = piece.separator.lower() in ("since", "because")
        started = _later(piece, named) if reason else _started(piece, named)
        fresh = current is not None and current is first
        goes_on = bool(_GOES_ON.match(piece.text.lstrip(" &\t")))
        if (
            started is not None
            and current is not None
            and started.left.name == current.left.name
            and (fresh or (first is not None and current.left is first.left and _spoken(current.right)))
        ):
            current = replace(started, typed=current.typed, line=current.line)
        elif started is not None and current is not None and fresh and not current.right.strip():
            yield _finished(started)  # in J = -S, so S_bar = …
        elif started is not None:
            if current is not None:
                yield _finished(current)
            current, interrupted = started, False
        elif (
            current is not None
            and not reason
            and (fresh or goes_on or (not interrupted and _joins(piece, current, first)))
        ):
            separator = " = " if _AGAIN.match(piece.separator) else piece.separator
            current = replace(current, right=current.right + (piece.text if fresh else separator + piece.text))
        else:
            interrupted = interrupted or not reason
            if not _prose(piece.text):
                yield Aside(piece.text.strip(), piece.line)
    if current is not None:
        yield _finished(current)


@frozen
class _Piece:
    """A part of the text between two cuts, with the sign or word before it; ``given`` after such words as *where*."""

    text: str
    separator: str
    line: int
    given: bool = False


def _joins(piece: _Piece, current: Statement, first: Statement | None) -> bool:
    """Whether a piece that states nothing goes on with the statement before it."""
    prose, changes = _prose(piece.text), bool(_CHANGES.search(piece.text))
    open_end = bool(_COMPARED.search(piece.text) or DOTS.search(current.right))
    if _GIVES.match(piece.separator.strip()):
        return open_end or (changes and prose)
    if piece.separator.strip("\n;\x1e \\") or _UNFINISHED.search(current.right):
        return open_end or changes or not prose or not re.search(r"[A-Za-z]{3}", piece.text)
    return first is not None and current.left is first.left and not prose


def _prose(text: str) -> bool:
    return not re.search(r"[_=+*/^\\<>0-9]|[^\W\d_]['’′](?![a-z])", text)


def _spoken(text: str) -> bool:
    """Whether these are words about an equation: ``x is used by both z1 and z2``."""
    found = re.findall(r"(?<![A-Za-z\\])[a-z]{3,}(?![A-Za-z])", text.lower())
    alone = not re.search(r"[=+*/^\\]|_bar", text) and not _CHANGES.search(text)
    return alone and sum(one not in words.FUNCTIONS for one in found) > 1


def _undressed(text: str, label: str) -> str:
    """The text without what is only dress, each line where it was."""
    for pattern, plain in _DROPPED:
        text = re.sub(pattern, plain, text)
    text = re.sub(_TEXT, _worded, text)
    text = _unplaced(text)
    text = _MACRO.sub(lambda found: found[0] if found[0] in _MACROS else _END + found[1], text)
    text = "\n".join(_row(one) for one in _unboxed(text).split("\n"))

    def one_hot(found: re.Match[str]) -> str:
        """What is said to be the one-hot vector of the label, as a definition."""
        of_label = {found["of"], found["nth"]} <= {None, label}
        return f"{found['word']} {found['name']} = onehot({label}) " if of_label else found[0]

    return _ONE_HOT.sub(one_hot, text) if label else text


def _unplaced(text: str) -> str:
    """Without the environments that only lay out statements: an array that starts one is among them."""
    kept: list[bool] = []

    def plain(found: re.Match[str]) -> str:
        if found[1] == "begin":
            before = text[: found.start()].rstrip(" \t\n$&")
            starts = found[2] == "array" and not any(kept) and (not before or before[-1] in ".:;\\]}" + _END)
            kept.append(found[2] in _KEPT and not starts)
        return found[0] if (kept.pop() if found[1] == "end" and kept else kept[-1:] == [True]) else _END

    return _PLACED.sub(plain, text)


_KEPT = lexemes.MATRICES | lexemes.CASES | lexemes.DETERMINANTS
_MACROS = frozenset(
    (*lexemes.SPACES, *lexemes.SIGNS, *lexemes.LETTERS, *lexemes.STRUCTURES, *lexemes.ROWS, *lexemes.FONTS, "\\not")
)
_CHANGES = re.compile(
    r"transpos|element|entr(?!op)|index|position|component|coordinate|elsewhere|zero|minus|plus|times|negat|divid|(?<![a-z])(?:not|no|without|except|only|or|but|either)(?![a-z])",
    re.IGNORECASE,
)
"""Words that may change what stands before them: they are read with it, or it is not read."""
_COMPARED = re.compile(
    r"[<>≤≥≠]|\\(?:leq?|geq?|neq?|lt|gt)(?![A-Za-z])|(?<![A-Za-z])(?:else|otherwise|elsewhere)(?![A-Za-z])"
)


def _worded(found: re.Match[str]) -> str:
    """Words of prose without the macro around them."""
    text = found[1].strip().lower()
    prose = re.search(r"[\s(-]", text) or text in _NAMES_NEXT | {"so", "if", "then", "since", "because"}
    return f" {found[1]} " if prose else found[0]


def _unboxed(text: str) -> str:
    """Without the frames around statements."""
    for frame in reversed(list(re.finditer(r"\\f?boxe?d?\s*(?=\{)", text))[:40]):
        if end := closing(text, frame.end()):
            text = text[: frame.start()] + text[frame.end() + 1 : end - 1] + text[end:]
    return text


def _row(line: str) -> str:
    """A row of a Markdown table as a statement: its last two cells."""
    cells = [one.strip() for one in re.split(r"(?<!\\)\|(?=\s|$)", line.strip()[1:])]
    if line.lstrip()[:1] != "|" or len(cells) < 3 or cells[-1]:
        return line
    if set(line) <= set("|-: \t") or "=" in cells[-2]:
        return cells[-2].strip("-: ")
    return f"{cells[-3]} = {cells[-2]}"


def _pieces(text: str, line: int) -> Iterator[_Piece]:
    """The text cut at every sign that may part two statements, outside brackets and environments."""
    start, separator, given = 0, "\n", False
    brackets = environments = 0
    for cut in _CUTS.finditer(text):
        kind = cut.lastgroup
        environments = max(0, environments + cut[0].startswith("\\begin") - (kind == "env"))
        brackets = max(0, brackets + (kind == "open") - (kind == "close"))
        if kind not in ("hard", "soft") or environments:
            continue
        if brackets and not (cut[0] == "\n" and _SIGN.search(text[cut.end() :].split("\n", 1)[0][:60])):
            continue
        brackets = 0
        body = text[start : cut.start()]
        if cut[0] == "." and re.fullmatch(r"\s*[-*•]?\s*\(?[0-9a-zA-Z]{1,3}", body):
            continue
        body = "" if kind == "soft" and _BULLET.fullmatch(body) else body
        if body.strip(" \t\r\n&"):
            yield _Piece(body, separator, line + text.count("\n", 0, start + len(body) - len(body.lstrip())), given)
        start, separator = cut.end(), cut[0]
        given = bool(_GIVES.match(cut[0])) or (given and kind == "soft" and cut[0] != ".")
    if text[start:].strip():
        yield _Piece(text[start:], separator, line + text.count("\n", 0, start), given)


def _started(piece: _Piece, named: Named) -> Statement | None:
    """The statement that a piece starts, if something is named before its first equality sign."""
    text = piece.text
    for _ in range(3):
        start = 0
        for sign in outside(text, _SIGN):
            typed = text[start : sign.start()].strip(" \t\r\n&~,")
            adds = sign[0] == "=" and typed[-1:] == "+"
            typed = typed.rstrip("+ ") if adds else typed
            found = _named(typed, named) if len(typed) < _LONGEST else None
            if not adds and (found is None or found.kind == "problem") and (later := _later(piece, named)) is not None:
                return later
            if found is not None and not (sign[0] == ":" and found.kind == "own" and not piece.given):
                return Statement(typed, found, text[sign.end() :], piece.line, piece.given, adds)
            if sign[0] != ":":
                break
            start = sign.end()
        if (mark := _BULLET.match(text)) is None:
            break
        text = text[mark.end() :]  # without the bullet or number at its start
    return None


def _later(piece: _Piece, named: Named) -> Statement | None:
    """The statement behind another one and words that end in a verb: ``since J = -S we get S_bar = …``."""
    for sign in list(outside(piece.text, _SIGN))[1:]:
        lead = _VERB.search(piece.text[: sign.start()])
        if lead and (found := named(lead[1])) and found.kind in ("gradient", "jacobian"):
            return Statement(lead[1], found, piece.text[sign.end() :], piece.line, piece.given)
    return None


_VERB = re.compile(
    r"(?:(?<![A-Za-z])(?:get|gets|have|gives|give|obtain|is|that|so|yields|find|implies|means)\s+|:\s*)"
    r"(\S{1,80}(?:\s\S{1,80})?)\s*$"
)


_LONGEST = 160


def _named(typed: str, named: Named) -> Left | None:
    """What the text names, prose before it left out."""
    if (found := named(typed)) is not None:
        return found
    dropped: list[str] = []
    words = typed.split()
    while len(words) > 1 and _WORD.match(words[0]) and (len(words[0].strip(",:.")) > 1 or words[0] in ("a", "I", "A")):
        dropped.append(words.pop(0).strip(",:.").lower())
        found = named(" ".join(words))
        if found is not None and (found.kind != "own" or dropped[-1] in _NAMES_NEXT):
            certain = found.kind in ("gradient", "jacobian")
            return None if set(dropped) & (_NEVER - {"for"} if certain else _NEVER) else found
    return None


_SAID = re.compile(
    r"(?<=\s)\(\s*[A-Za-z]{2,}[\s,]+(?:[A-Za-z]|1 is\s)[^()]{0,200}(?:\([^()]{0,80}\)[^()]{0,200}){0,3}\)\s*$"
)
"""Words in brackets at the end."""
_FILLING = (
    r"(?:products?|multiplications?|divisions?|operations?|ops?|is|are|denotes|means|the|all|here|where|with|taken|done"
    r"|performed|applied|and|of|in|using|as|vectors?|[*/∘⊙⊘·]|\\(?:odot|circ|oslash|ast|cdot|times)(?![A-Za-z]))"
)
_ENTRYWISE = (
    r"(?:(?:element|entry|component|point|coordinate)[-– ]?wise|hadamard|element[- ]by[- ]element|entry[- ]by[- ]entry)"
)
_WISE = re.compile(
    rf"(?:(?:\\text\s*\{{|[(\[,;]|\\q?quad|(?<![A-Za-z])(?:where|here|with))(?:\\text\s*\{{|[\s(,])*(?:{_FILLING}\s+){{0,8}}|\s){_ENTRYWISE}"
    rf"(?:\s+{_FILLING}){{0,8}}\s*[)\]}}]{{0,3}}$",
    re.IGNORECASE,
)
"""Words at the end that say that products or quotients go entry by entry, as those of equal shapes do."""
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
_EACH = re.compile(
    r"(?:\\q?quad|\\text\s*\{|[,;({[\s])*"
    r"(?:(?:∀|\\forall(?![A-Za-z])|(?<![A-Za-z])for\s+(?:all|each|every|any)(?![A-Za-z]))\s*\}?\s*"
    r"(?:(?:the\s+)?(?:entry|entries|component|components|index|indices|class|classes|unit|units)\s+)?"
    r"[A-Za-z](?:\s*(?:,|and)\s*[A-Za-z])?(?![A-Za-z])|(?<![A-Za-z])for\s*\}?\s*[A-Za-z](?=\s*(?:=\s*[01]\s*[,.:…\\]|∈|\\in(?![A-Za-z])|in\s)))"
    r"(?:\s*(?:=|∈|\\in(?![A-Za-z])|in\s)\s*(?:range\s*)?\\?[\[({]?(?:\s*[01]\s*(?:[,.:…\s]|-(?!\d)|to(?![A-Za-z])|\\[lc]?dots(?![A-Za-z]))+)?\s*[A-Za-z]?\s*\\?[\])}]?)?\s*[)\]}]?$",
    re.IGNORECASE,
)
"""Words at the end that say that an equation by entries holds for all of them."""
_CALLED = re.compile(r"\s(?:is|denotes|being)\s+(?:the|an?)\s[A-Za-z'’ -]{3,80}$")
"""What a definition is called: ``… is the Jacobian of the softmax``."""


_LEAD = re.compile(
    r"\A\s*(?:(?:by|from|using|via|with|through|apply(?:ing)?|use|the|chain|product|sum|rule|multivariable|over|of|along|both|two"
    r"|all|paths?|branch(?:es)?|contributions?|add(?:ing|ed)?|summed|summing|up|so|we|get|have|obtain|and|again|here|it|follows|that"
    r"|final|answer|result|usual|after|simplif(?:ication|ying)|multivariate|total|matrix|vector|linear|layer|gradients?|flows?"
    r"|elementwise|hadamard|backprop(?:agation)?)(?:[ ,-]+|(?=\s*:))){2,10}(?<!of):\s",
    re.IGNORECASE,
)
"""Words in front that say how it comes about: ``by the chain rule: …``, ``sum over both paths: …``; no others."""


def _finished(statement: Statement) -> Statement:
    """Without words in front, and without the number of the equation and the signs at its end."""
    right = _LEAD.sub("", statement.right, 1)
    for _ in range(3):
        right = right.strip(" \t\r\n,;&~|").removesuffix("\\\\")
        right = right if DOTS.search(right[-4:]) or right.endswith("\\right.") else right.rstrip(".")
        right = _NUMBER.sub("", right)
        tail = None if DOTS.search(right) else _SAID.search(right)
        right = right if tail is None or _CHANGES.search(tail[0]) else right[: tail.start()]
        for remark in (_EACH, _WISE):
            tail = remark.search(right, max(0, len(right) - 200))
            if tail is not None and all(tail[0].count(one) == tail[0].count(other) for one, other in _BRACKETS):
                right = right[: tail.start()]
        named = _CALLED.search(right, max(0, len(right) - 100))
        right = right if named is None or _CHANGES.search(named[0]) else right[: named.start()]
    return replace(statement, right=right.strip())
