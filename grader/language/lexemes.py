"""The cleaned text cut into lexemes: numbers, runs of letters, signs and brackets, TeX dress taken off.

The TeX macros that are known are a closed table, so that an unknown one is an error and never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from grader.language import words
from grader.language.cleaning import INDICATOR, Typed
from grader.language.nodes import Span
from grader.language.unreadable import Unreadable, quoted
from grader.language.words import listed


def _macros(names: str) -> frozenset[str]:
    return frozenset(f"\\{name}" for name in names.split())


def _meant(names: Mapping[str, str]) -> Mapping[str, str]:
    """What each macro stands for, from the names of those that stand for it."""
    return {f"\\{name}": sign for name, sign in words.meanings(names).items()}


SPACES = _macros(
    """, ; : ! > quad qquad enspace enskip thinspace medspace thickspace displaystyle textstyle scriptstyle limits
    nolimits nonumber notag hline hfill mathstrut strut ( ) [ ] noindent centering par relax allowbreak /"""
) | {"\\ ", "\\\n"}
SIZES = _macros("left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm")
FONTS = _macros(
    """mathbf mathrm mathit mathsf mathtt mathcal mathscr mathfrak mathbb mathds mathnormal bm boldsymbol pmb text
    textbf textrm textit texttt textsf textnormal mbox hbox emph operatorname operatorname* vec boxed fbox underline
    bold rm bf it cal ensuremath mathop mathbin mathrel mathord underbar"""
)
"""Dress only: the argument is read as if it stood there alone."""
_SWITCHES = _macros("rm bf it cal")
"""Fonts that hold up to the end of the braces that they stand in."""
_BOLD = _macros("mathbf mathbb mathds bm boldsymbol pmb vec textbf bold")
_ACCENTS = _macros("bar overline widebar overbar closure")
_PLAIN_MATRICES = _macros("matrix pmatrix bmatrix")
"""Matrices as plain TeX has them, with their rows in braces: ``\\pmatrix{5\\cr 7}``."""
STRUCTURES = _macros("frac dfrac tfrac cfrac nicefrac sfrac vulgar binom dbinom tbinom sqrt")
_INFIX = {"\\over": "\\frac", "\\choose": "\\binom"}
"""What plain TeX has between its arguments, and the macro that has them behind it."""
ROWS = _macros("cr newline tabularnewline")
SIGNS = _meant({
    "*": "cdot cdotp times ast star bullet", "∘": "odot circ bigodot", "/": "oslash div", "⊗": "otimes",
    "<": "lt textless ngeq", ">": "gt textgreater nleq", "≤": "le leq leqslant leqq ngtr",
    "≥": "ge geq geqslant geqq nless", "≠": "ne neq", "≪": "ll", "≫": "gg", "≈": "approx sim simeq cong",
    "∈": "in", "∉": "notin", "∧": "land wedge", "∨": "lor vee", "¬": "lnot neg", "∃": "exists",
    "⇒": "implies Rightarrow Longrightarrow to rightarrow mapsto longrightarrow therefore",
    "⇐": "Leftarrow Longleftarrow impliedby leftarrow gets longleftarrow",
    "⇔": "equiv iff Leftrightarrow Longleftrightarrow leftrightarrow", ":=": "coloneqq colonequals", ":": "colon",
    "^": "textasciicircum ^ textsuperscript", "-": "textendash textminus", "_": "_", "#": "#", "&": "&",
    "{": "lbrace {", "}": "rbrace }", "[": "lbrack llbracket", "]": "rbrack rrbracket", "(": "lparen", ")": "rparen",
    "|": "vert lvert rvert mid", "⟨": "langle", "⟩": "rangle", "⌊": "lfloor", "⌋": "rfloor", "⌈": "lceil", "⌉": "rceil",
    "⊤": "top intercal transpose", "'": "prime", "l": "ell", "%": "bmod", "...": "dots ldots cdots vdots ddots",
    "±": "pm mp", "∞": "infty", "∑": "sum", "∏": "prod", "∫": "int", "∂": "partial", "∇": "nabla",
})  # fmt: skip
LETTERS = _meant({
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "Δ": "Delta", "ε": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta vartheta", "Θ": "Theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi",
    "ρ": "rho", "τ": "tau", "φ": "phi varphi", "Φ": "Phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Ω": "Omega",
    **{name: name for name in listed("log ln lg exp max min sin cos tanh sgn sign diag softmax sigmoid ones")},
    "sigma": "sigma varsigma", "relu": "relu ReLU", "I": "indicator ind", "O": "bigO BigO bigo", "𝟙": "one",
    "for": "forall",
})  # fmt: skip
MATRICES = listed(
    """matrix pmatrix bmatrix Bmatrix smallmatrix psmallmatrix bsmallmatrix array pNiceMatrix bNiceMatrix pmatrix*
    bmatrix*"""
)
DETERMINANTS = frozenset(["vmatrix", "Vmatrix"])
ALIGNMENTS = listed(
    """align align* aligned alignat alignat* equation equation* gather gather* gathered split multline multline*
    displaymath math eqnarray eqnarray*"""
)
CASES = frozenset(["cases", "dcases", "rcases", "cases*", "dcases*"])

_SAME_SIGN = {
    "**": "^", "<=": "≤", "=<": "≤", ">=": "≥", "==": "=", "===": "=", "!=": "≠", "=/=": "≠", "<>": "≠", "&&": "∧",
    "||": "∨", "<=>": "⇔", "<->": "⇔", "==>": "⇒", "-->": "⇒", "->": "⇒", "<==": "⇐", ">>": "≫",
    "<<": "≪", ">>>": "≫", "<<<": "≪", "~": "≈", "=>": "=>", "≮": "≥", "≯": "≤", "≰": ">", "≱": "<",
}  # fmt: skip
_STRUCK = {"=": "≠", "⇔": "≠", "∈": "∉", "<": "≥", ">": "≤", "≤": ">", "≥": "<"}
"""What a relation with a stroke through it says."""
OPENING = {")": "(", "]": "[", "}": "{", "⟩": "⟨", "⌋": "⌊", "⌉": "⌈"}
"""The bracket that each closing one belongs to."""

Kind = Literal[
    "number", "word", "sign", "open", "close", "structure", "accent", "begin", "end", "row", "column", "dress",
    "nothing",
]  # fmt: skip


class Lexeme(NamedTuple):
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


_PIECE = re.compile(
    r"""(?P<space>[ \r]+|\n|\\(?:left|right)\s*\.)
    |(?P<number>(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE](?P<power>[+-]?[0-9]+))?)
    |\\(?P<place>begin|end)\s*\{\s*(?P<name>[A-Za-z]+\*?)\s*\}
    |(?P<macro>\\operatorname\*|\\not\s*(?:[=<>≤≥]|\\(?:in|lt|gt|leq?|geq?|leqslant|geqslant|equiv)(?![A-Za-z]))|\\[A-Za-z]+|\\\\(?:\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm)\s*\])?\*?|\\.|\\$)
    |(?P<word>(?:[oO]ne_[hH]ot|(?:zeros|ones)_like)(?![A-Za-z])|[A-Za-z]+)
    |(?P<sign>\*\*|<=>|<->|==>|-->|<==(?!=)|<=|>=|===?|!=|=/=|<>|=>|=<|->|&&|\|\||:=|>>>?|<<<?|\.\.+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_STOP = re.compile(r"[^\W\d_]|\s*\Z")
DIGITS = 400
_COLUMNS = re.compile(r"(?:\s*\[[tbc]\])?\s*\{[lcr|@{}\s]*?\}")


def scan(typed: Typed, most: int) -> list[Lexeme]:
    """The lexemes of the text, at most ``most`` of them.

    Raises ``Unreadable`` at an unknown macro or sign, a number with too many digits, or too many lexemes.
    """
    text = typed.text
    found: list[Lexeme] = []
    gap, at = "", 0
    while match := _PIECE.match(text, at):
        kind, piece, at = match.lastgroup, match.group(), match.end()
        if kind == "space" or piece in SPACES or (piece == "~" and found and found[-1].text != "="):
            gap = "\n" if "\n" in (piece, gap) else " "
            continue
        if kind == "number" and piece.endswith("."):
            # A full stop after the last digit ends the sentence, or starts ".T".
            glued = found and found[-1].kind == "word" and not gap and text[at : at + 1] in ("*", "/", "^")
            if glued or _STOP.match(text, at):
                piece, at = piece[:-1], at - 1
        span = (typed.starts[match.start()], typed.ends[at - 1])
        if kind == "number":
            digits = len(piece.lower().partition("e")[0])
            if digits > DIGITS or len(power := match["power"] or "") > 5 or abs(int(power or 0)) > DIGITS:
                raise Unreadable("read.too-large", f"This number has more than {DIGITS} digits.", span)
            found.append(Lexeme("number", piece, *span, gap))
        elif kind == "name":
            found.append(Lexeme("begin" if match["place"] == "begin" else "end", match["name"], *span, gap))
            if match["place"] == "begin" and match["name"] == "array" and (columns := _COLUMNS.match(text, at)):
                at = columns.end()
        elif kind == "word":
            found.append(Lexeme("word", piece, *span, gap))
        else:
            found.append(_macro(piece, span, gap) if kind == "macro" else _sign(piece, span, gap))
        gap = ""
        if len(found) > most:
            raise Unreadable("read.too-long", f"This answer has more than {most} parts: too long to be read.", (0, 1))
    return _without_idle(_undressed(_cases(found)))


def _cases(found: list[Lexeme]) -> list[Lexeme]:
    r"""An array behind a brace that nothing closes, ``\left\{ … \right.``, as cases, the brace left out."""
    changed = list(found)
    for start, end in pairs((one.kind == "begin") - (one.kind == "end") for one in found).items():
        braced = 0 < start < end and found[start].text == "array" and found[start - 1].text == "{"
        if braced and not any(after.text == "}" for after in found[end + 1 : end + 3]):
            changed[start - 1] = found[start - 1]._replace(kind="dress")
            changed[start], changed[end] = found[start]._replace(text="cases"), found[end]._replace(text="cases")
    return changed


_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(ROWS, "row"), **dict.fromkeys(SIZES | FONTS | _PLAIN_MATRICES | {"$"}, "dress"),
    **dict.fromkeys(STRUCTURES, "structure"), **dict.fromkeys(_ACCENTS, "accent"), **dict.fromkeys(_INFIX, "sign"),
    **dict.fromkeys(OPENING.values(), "open"), **dict.fromkeys(OPENING, "close"), "&": "column",
}  # fmt: skip
"""The kind of a macro or a sign; another sign is just a sign."""


def _macro(piece: str, span: Span, gap: str) -> Lexeme:
    if piece in SIGNS or piece.startswith("\\not"):
        struck = piece[4:].strip()
        if sign := SIGNS.get(piece) or _STRUCK.get(SIGNS.get(struck, struck)):
            return _sign(sign, span, gap)
    if piece in LETTERS:
        return Lexeme("word", LETTERS[piece], *span, gap, whole=True)
    if kind := "row" if piece.startswith("\\\\") else _KINDS.get(piece):
        return Lexeme(kind, piece, *span, gap)
    hint = "" if piece == "\\" else None
    raise Unreadable("read.unknown-macro", f"The TeX macro {quoted(piece)} is not known here.", span, hint=hint)


def _sign(piece: str, span: Span, gap: str) -> Lexeme:
    piece = _SAME_SIGN.get(piece, piece)
    if piece == INDICATOR or (piece.isalpha() and len(piece) == 1):
        return Lexeme("word", "sigma" if piece == "σ" else piece, *span, gap, whole=True)
    return Lexeme(_KINDS.get(piece, "sign"), piece, *span, gap)


def _undressed(found: list[Lexeme]) -> list[Lexeme]:
    """Without dollar signs, sizes and fonts, and the braces of what they dress."""
    found = list(found)
    kept: list[Lexeme] = []
    braces = {at: end for at, end in partner(found).items() if at < end and found[at].text == "{"}
    dropped: set[int] = set()
    gap = ""
    for index, one in enumerate(found):
        close = braces.get(index + 1)
        if one.text in _SWITCHES and index - 1 in braces and index - 1 not in dropped:
            kept.pop()
            dropped.add(braces[index - 1])
        elif close is not None and one.text in _PLAIN_MATRICES:
            found[index + 1] = found[index + 1]._replace(kind="begin", text=one.text[1:])
            found[close] = found[close]._replace(kind="end", text=one.text[1:])
        elif close is not None and one.text in FONTS:
            dropped |= {index + 1, close}
        alone = index + 1 if close is None else index + 2 if close == index + 3 else len(found)
        if one.text in _BOLD and alone < len(found) and found[alone].text == "1":
            # A bold 1 is the indicator, or the vector of ones. Bold letters are just letters.
            found[alone] = found[alone]._replace(kind="word", text=INDICATOR, whole=True)
        if one.kind == "dress" or index in dropped:
            gap = gap or one.gap or (" " if one.text == "$" else "")
        else:
            kept.append(one._replace(gap=gap) if gap and not one.gap else one)
            gap = ""
    return kept


def _without_idle(found: list[Lexeme]) -> list[Lexeme]:
    """Without ``{}`` after an operand or a sign, and without the braces of a single sign: ``k^3{}``, ``a{>}b``."""
    kept: list[Lexeme] = []
    dropped: set[int] = set()
    for at, one in enumerate(found):
        behind = kept and kept[-1].kind in ("number", "word", "sign") and kept[-1].text not in ("^", "_", "∈")
        texts = [each.text for each in found[at : at + 3]]
        if behind and texts[:2] == ["{", "}"]:
            dropped |= {at, at + 1}
        elif behind and texts[0] == "{" and texts[2:] == ["}"] and texts[1] in _SINGLE:
            dropped |= {at, at + 2}
        if at not in dropped:
            kept.append(one)
    return kept


_SINGLE = ("+", "-", "*", "/", "<", ">", "≤", "≥", "=", "≠")


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


def braced(found: list[Lexeme]) -> list[Lexeme]:
    """With braces around every argument of a fraction or root: ``\\frac12`` and ``\\frac n2`` have none."""
    found = _prefixed(found)
    result = list(found)
    for index in range(len(found) - 1, -1, -1):
        owner, at = found[index], index + 1
        if owner.kind != "structure":
            continue
        if owner.text == "\\sqrt" and at < len(result) and result[at].text == "[":
            at = _after(result, at)
        for _ in range(1 if owner.text == "\\sqrt" else 2):
            at = _wrap(result, at, owner)
    return result


def _prefixed(found: list[Lexeme]) -> list[Lexeme]:
    """``{a \\over b}`` as ``\\frac{a}{b}``; in words, ``n choose k``, where one thing stands on either side."""
    result = list(found)
    for index in range(len(found) - 1, -1, -1):
        one = result[index]
        spoken = one.kind == "word" and one.text.lower() == "choose"
        macro = "\\binom" if spoken else _INFIX.get(one.text)
        if macro is None:
            continue
        start, end = _reach(result, index, -1), _reach(result, index, 1)
        above, below = result[start:index], result[index + 1 : end + 1]
        if not (above and below) or (spoken and not (_alone(above) and _alone(below))):
            continue
        head = one._replace(kind="structure", text=macro, gap=above[0].gap)
        result[start : end + 1] = [head, *_in_braces(above), *_in_braces(below)]
    return result


def _in_braces(inner: list[Lexeme]) -> list[Lexeme]:
    start, end = inner[0].start, inner[-1].end
    return [Lexeme("open", "{", start, start), *inner, Lexeme("close", "}", end, end)]


def _reach(found: list[Lexeme], index: int, step: int) -> int:
    """How far what stands on this side reaches: to the bracket around it, or to the end of the member of a chain."""
    at, depth = index, 0
    while 0 <= (next_ := at + step) < len(found):
        depth += step * ((found[next_].kind == "open") - (found[next_].kind == "close"))
        if depth < 0 or (depth == 0 and found[next_].text in _BETWEEN):
            break
        if depth == 0 and found[index].text in _INFIX and found[next_].text in _INFIX:
            message = f"{quoted(found[next_].text)} is the second fraction sign between the same braces."
            raise Unreadable("read.ambiguous-fraction", message, found[next_].span, hint="Put braces around each part.")
        if depth == 0 and found[next_].text == found[index].text:
            return index  # of two in a row neither is read: k choose 2 + m choose 2
        at = next_
    return at


_BETWEEN = ("=", "<", ">", "≤", "≥", "≠", "≈", ",", ":")


def _alone(side: list[Lexeme]) -> bool:
    """Whether it is one number or word, or one pair of brackets."""
    return side[0].kind in ("number", "word") if len(side) == 1 else partner(side).get(0) == len(side) - 1


def _wrap(result: list[Lexeme], at: int, owner: Lexeme) -> int:
    if at >= len(result) or result[at].kind not in ("open", "number", "word"):
        message = f"{quoted(owner.text)} needs its arguments in braces."
        raise Unreadable("read.missing-argument", message, owner.span, expected="{…}")
    first = result[at]
    if first.kind == "open":
        return _after(result, at)
    single = first.text.isdigit() if first.kind == "number" else not first.whole
    size = 1 if single else len(first.text)
    head = first._replace(text=first.text[:size])
    tail = [first._replace(text=first.text[size:], gap="")] if size < len(first.text) else []
    result[at : at + 1] = [*_in_braces([head]), *tail]
    return at + 3


def _after(lexemes: list[Lexeme], at: int) -> int:
    if (close := partner(lexemes).get(at)) is None:
        message = f"The bracket {quoted(lexemes[at].text)} is never closed."
        raise Unreadable("read.unbalanced", message, lexemes[at].span)
    return close + 1
