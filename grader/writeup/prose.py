"""What a text says: its sentences, clauses and statements, ``name = value``, and the words by which these are told.

The tables are the rules of what is found in a write-up. The names themselves come from the config: a field or group
that stands in no table is looked for under its own name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from grader.assignment.config import Config
from grader.frozen import frozen
from grader.writeup.sources import ANSWER, CLOSE, FORMULA, OPEN, ROW, Sourced, masked

LABELS: Mapping[str, str] = {
    "time": r"time|times(?=\s+(?:of|for)\b)|runtime|(?:scalar )?multiplications?|mults?|operations|flops"
    r"|computations?|computational cost|(?:lauf|rechen)?zeit|temps|tiempo|tempo|время"
    r"|[时時]间(?:复杂度)?|時間",
    "memory": r"memor(?:y|ies)|mem[no]+n?y|storage|space|ram|numbers (?:to store|stored)|mem"
    r"|speicher(?:bedarf)?|m[ée]moire|mem[oó]ria|памят[ьи]|メモリー?|(?:内存|空间|存储)(?:复杂度)?",
    "reverse": r"reverse|rev|back[- ]?prop(?:agation)?|bwd|backward|r[uü]ckw[aä]rts(?:modus)?|invers[oa]|reverso"
    r"|mode inverse|обратн\w+|リバース(?:モード)?|反向(?:模式|传播)?",
    "forward": r"forward|fwd|vorw[aä]rts(?:modus)?|mode direct|directo|dirett?[oa]|прям\w+"
    r"|フォワード(?:モード)?|(?:前向|正向)(?:模式|传播)?",
}
"""How people call a field or a group of the config, in several languages, scanners' misspellings included."""

UNITS: Mapping[str, str] = {
    "time": r"(?:scalar\s+)?(?:multiplications?|multiplikationen|mults?|operations|flops|products)",
    "memory": r"(?:numbers?|zahlen|scalars|floats|entries|values|cells)"
    r"(?:\s+(?:in|of)\s+memory|\s+(?:to|are|must be)\s+(?:be\s+)?stored?)?|memory(?:\s+costs?)?",
}
"""What stands behind an amount, and tells which field it answers where no label does."""

CORRECTION = re.compile(r"\W*(?:(?:correct(?:ion|ed)|erratum)\b|(?:edit|update)\s*:)", re.IGNORECASE)
"""At the beginning of a sentence whose amounts take the place of what was said before."""

AMENDS = re.compile(
    r"(?:^|[^\w\s])\s*(?:(?:oh|no)\s)?(?:correct(?:ion|ed)\b|erratum\b|(?:edit|update)\s*:|sorry\b|wait\b|actually\b)"
    r"|\b(?:oops|scratch that|i mean|should (?:be|read)|it must be|made an? (?:error|mistake)|i forgot|second thoughts?"
    r"|recount\w*|korrektur)\b",
    re.IGNORECASE,
)
"""Amounts behind it that nothing names are said of what was named last, and nobody can tell which of the two holds."""

NOT = r"(?:\b(?:(?:can)?not|never|no|nicht|kein\w*|nie|pas|jamais|non|nunca|não|не)\b|n['’]t\b|不)"
"""In several languages."""

DENIED = re.compile(
    rf"{NOT}|\b(?:unless|except|worse|slower|bad|hardly|barely|rarely|seldom|avoid\w*|fail\w*"
    r"|(?:cost|take|need|use|require)s? more"
    r"|more (?:than|(?:\w+ )?(?:expensive|costly|multiplications?|mults?|operations|flops|products|computations?"
    r"|work|time(?!-)|memory(?!-)|storage|space|numbers))"
    r"|less (?!expensive)\w*(?:efficient|good|able|ful|ous|ive)"
    r"|kaum|schlechter|moins|pire|peor|pior|mai|peggio\w*|никогда|хуже)\b",
    re.IGNORECASE,
)
"""Before the condition under which something is better: it may say the opposite."""

FAILS = re.compile(r"\b(?:fail\w*|violated|(?:not|n['’]t) (?:hold|met|satisfied|fulfilled|the case))\b", re.IGNORECASE)
"""Behind such a condition: the opposite is meant."""

WITHDRAWN = re.compile(
    r"\b(?:(?:is|are|was|were|be) (?:wrong|false|incorrect|not (?:right|true|correct))|wrong:|not believe"
    r"|naive(?:ly)?|(?:first|might|could) (?:have )?(?:thought|think|believe\w*|expect\w*|assum\w*|guess\w*)"
    r"|no\W{1,3}(?:it['’]s |it is )?(?:exactly |just )?the (?:other way|opposite|reverse\b(?! mode))"
    r"|(?:scratch|strike|ignore|disregard) (?:that|this)|take (?:that|this|it) back|never mind"
    r"|disagree|doubtful|doubt (?:it|that|this|the)\b)",
    re.IGNORECASE,
)
"""In a sentence that takes back what it says or, where it says nothing itself, what the one before said."""

TOTAL = r"total|all ?together|overall|sums?\s+(?:up\s+)?to|adds?\s+up\s+to"
"""Before an amount: the parts that were added up to it are no answers."""

BETTER = re.compile(
    r"better|best|prefer\w*|preferable|cheaper|faster|fewer|less|wins?|choose|use[ds]?|using|advantageous|favou?r\w*"
    r"|beats?|outperforms?|efficient|good|superior|→|=>|->|besser|g[uü]nstiger|mieux|meilleure?|mejor|melhor|migliore|лучше|更[好优快]",
    re.IGNORECASE,
)
"""In a sentence that says when one way is to be taken rather than the other."""

_ASKED = (
    r"^\W*(?:what|when(?!\s*x)|how|which|give|compute|derive|consider|write down|draw|find|verify|recall|hint"
    r"|(?:count|determine|calculate|state|express|list|specify|describe) (?:the|all|how|your|both)"
    r"|in this (?:problem|question)|for the following|you)\b"
)
ASKED = re.compile(_ASKED, re.IGNORECASE)
QUESTION = re.compile(rf"\?\s*$|{_ASKED}|\byour?\b|\byou (?:will|need|should)\b", re.IGNORECASE)
"""A sentence that repeats the question."""

GIVEN_UP = re.compile(
    r"\b(?:ran out of (?:time|space)|no (?:time|idea|answer|solution)|(?:could|did|do|have) ?n[o']t"
    r"|skip(?:ped)?|not attempted|nothing|n/a|todo|sorry)\b",
    re.IGNORECASE,
)
"""In a short sentence that says that there is no answer."""

_LABEL_ALONE = re.compile(rf"(?:{OPEN}|^)[^{OPEN}{CLOSE}]*[:=](?:\s|[}}{{]|\\q?quad)*(?:{CLOSE}|$)")
ARROW = re.compile(r"->|→|\\(?:to|rightarrow|longrightarrow|mapsto|leftarrow)(?![A-Za-z])|<-|←")
_NO_EDGE = re.compile(rf"{NOT}|\b(?:without|except|instead|remov\w*|omit\w*|wrong)\b", re.IGNORECASE)
"""In a line of which not every edge is one."""
_MASK = "\ue004"
_END = (
    rf"(?<!\bi\.e)(?<!\be\.g)(?<!\bresp)[.?!;](?=\s|$)|[。；]"
    rf"|\n(?=\s*(?:\S{{0,3}}\s*)?(?:[A-Z]|\d+[.)]|[-*•]))|(?<=[{_MASK},)\\])\s*\n(?=\s*(?:{_MASK}|(?i:%s)\b))"
)
"""A full stop, a line that begins anew, and a formula, or a word for a group, on a new line behind another formula."""
_NAME = re.compile(
    r"(?:\\(?:mathbf|mathrm|mathit|mathsf|mathcal|bm|boldsymbol|vec|text|textbf|operatorname)\s*)?\{?\s*"
    r"(?:\\(?:mathbf|mathrm|bm|vec|text)\s*)?([A-Za-z]|\\phi|\\varphi|φ|activation)\s*\}?\s*"
    r"(?:[_^]?\s*\{?\s*[(\[]?\s*(\d)\s*[)\]]?\s*\}?)?\s*(?:\(\s*[zx]\s*\))?"
)
_TRANSPOSED = re.compile(
    r"\s*\^\s*\{?\s*(?:T|t|\\top|\\intercal|\\mathsf\s*\{?T\}?|\\mathrm\s*\{?T\}?)\s*\}?\s*$|\s*ᵀ\s*$"
)


def typeset(text: Sourced) -> Sourced:
    """A text without the signs that stand around its formulas, rows as lines."""
    shown = text.changed(f"[{OPEN}{CLOSE}{ROW}{ANSWER}]", lambda found: "\n" if found[0] == ROW else "")
    return shown.strip(" \t\n\r.,;")


def outside_brackets(text: str, groups: str = "(?!)") -> str:
    """A text of the same length in which remarks in brackets, with their formulas, are blank.

    ``groups`` are words, as the inside of a regular expression, that are none, as in ``Time (reverse mode):``.
    """
    brackets = rf"\((?!\s*(?i:{groups})(?:[- ]mode)?\s*\))[^()\n]*\)"
    shown = list(text)
    for found in re.finditer(brackets, masked(text, "x")):
        shown[found.start() : found.end()] = " " * len(found[0])
    return "".join(shown)


def sentences(text: Sourced, groups: str = "(?!)") -> Iterator[Sourced]:
    """The sentences of a text; a full stop inside a formula or a number ends none, a line that begins anew does.

    ``groups`` are the words for groups, as the inside of a regular expression.
    """
    at = 0
    for found in re.finditer(_END % groups, masked(text.text, _MASK)):
        if text.text[at : found.end()].strip():
            yield text[at : found.end()]
        at = found.end()
    if text.text[at:].strip():
        yield text[at:]


def clauses(sentence: Sourced, groups: str) -> Iterator[Sourced]:
    """The clauses of a sentence, each of which says something of one group; ``groups`` are the words for groups."""
    shown = masked(sentence.text, _MASK)
    at = 0
    parting = rf"[,;]?\s*\b(?:and(?! only)|while|whereas|otherwise|but|else)\b|[,;:](?=[^,;]*\b(?:{groups})\b)"
    for found in re.finditer(parting, shown, re.IGNORECASE):
        if re.search(rf"\b(?:{groups})\b", shown[at : found.start()], re.IGNORECASE):
            yield sentence[at : found.start()]
            at = found.end()
    yield sentence[at:]


def rows(formula: Sourced) -> Iterator[Sourced]:
    """The rows of a formula."""
    return (row for piece in formula.between(re.finditer(ROW, formula.text)) if (row := piece.strip()).text)


def statements(text: Sourced) -> Iterator[Sourced]:
    """Every statement of a text: in its formulas and, where a line has none of its own, in the line itself."""
    for line, formulas in _with_formulas(text):
        if not formulas:
            yield from pieces(line)
        elif any("=" not in formula.text for formula in formulas) and "=" in masked(line.text):
            # W^{(1)} = `[[2, 0], [0, 2]]`: only the value was typed as a formula.
            yield from pieces(typeset(line))
        for formula in formulas:
            for row in rows(formula):
                yield from pieces(row)


def equations(text: Sourced) -> Iterator[Sourced]:
    """What a derivation is made of: the rows of formulas, lines of plain text with an equals sign, definitions."""
    for line, formulas in _with_formulas(text):
        yield from (row for formula in formulas for row in rows(formula) if not row.text.endswith("="))
        plain = masked(line.text)
        defines = re.search(r"\b(?:where|with|let|write|denote)\b", plain, re.IGNORECASE) and "hot" in plain
        if (not formulas and "=" in line.text) or defines:
            yield typeset(line)


def arrows(text: Sourced) -> Iterator[Sourced]:
    """What draws a graph: rows of formulas with arrows between names, else whole lines with arrows."""
    for line, formulas in _with_formulas(text):
        drawn = [row for formula in formulas for row in rows(formula) if ARROW.search(row.text)]
        named = all(name.strip() for row in drawn for name in ARROW.split(row.text))
        if drawn and named and not _NO_EDGE.search(masked(line.text)):
            yield from map(typeset, drawn)
        elif ARROW.search(line.text):
            yield typeset(line)


def _with_formulas(text: Sourced) -> Iterator[tuple[Sourced, list[Sourced]]]:
    """The lines of a text, each with its formulas; a formula may go over several lines."""
    flat = FORMULA.sub(lambda found: found[0].replace("\n", " "), text.text)
    for found in re.finditer(r"[^\n]+", flat):
        line = text.group(found)
        yield line, [line.group(formula, 1) for formula in FORMULA.finditer(line.text)]


def pieces(formula: Sourced) -> Iterator[Sourced]:
    """The statements of one row, parted by commas and wide blanks outside of brackets."""
    return (piece.strip() for piece in formula.parted(r"\\q?quad|[,;]"))


def named_value(statement: Sourced) -> tuple[list[tuple[str, bool]], Sourced]:
    """The names on the left of ``b1 = b2 = …``, each with whether it is transposed, and the last member."""
    *left, value = statement.parted(r"(?<![<>!:])=(?!=)|:=")
    names = []
    for member in map(Sourced.strip, left):
        turned = _TRANSPOSED.search(member.text[:80])
        known = name(member.text[: turned.start()] if turned else member.text)
        if not known:
            break
        names.append((known, turned is not None))
    return names, typeset(value)


def name(text: str) -> str:
    """``W1`` for ``\\mathbf{W}^{(1)}``, ``W_1`` and ``the weights W1``; empty for what is no such name."""
    shown = re.sub(r"\\[,;:! ]", "", text).strip()
    last = shown if "\\" in shown else re.sub(r"^.*[:\s](?=\S+$)", "", shown)
    found = _NAME.fullmatch(last.strip())
    if found is None:
        return ""
    stem = "activation" if found[1] in ("\\phi", "\\varphi", "φ", "activation") else found[1]
    return stem + (found[2] or "")


def repeats_the_question(sentence: str) -> bool:
    """Whether a sentence was copied from the assignment."""
    return QUESTION.search(masked(sentence, "x")) is not None


def says_nothing(sentence: str) -> bool:
    """Whether a sentence answers nothing: the question again, or labels with nothing behind them."""
    rest = _LABEL_ALONE.sub("", sentence)
    return not any(sign.isalnum() for sign in rest) or repeats_the_question(sentence)


def given_up(sentence: str) -> bool:
    """Whether a sentence says, in a few words, that there is no answer."""
    return len(sentence.split()) <= 12 and GIVEN_UP.search(sentence) is not None


_SAYS_MORE = re.compile(r"(?!\b(?:mode|costs?|complexity|count|number|of|the|for|in)\b)\b\w+", re.IGNORECASE)


@frozen
class Mentioned:
    """The groups and fields that a text names, each once, in their order."""

    groups: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups or self.fields)

    def __or__(self, other: Mentioned) -> Mentioned:
        """With what another text names of that of which this one names nothing."""
        return Mentioned(self.groups or other.groups, self.fields or other.fields)


class Vocabulary:
    """The groups, the fields that hold an amount and the symbols of the amounts of one homework, and words for them.

    ``pattern`` finds formulas, words of a total, and names: ``g0``, ``g1`` for groups, ``f0``, ``f1`` for fields. Typed
    without any signs around it, ``plain_amount`` is an amount behind its label, ``Time: 5p .``, and ``counted`` one
    before its unit, ``so 5p + 1 numbers``. Behind an amount stand fields, ``fields_behind`` (``for time``, ``in both
    time and memory``, ``(time)``), or a group, ``group_behind`` (``in reverse mode``, ``for backprop``).
    ``group_words`` is every word for a group, as the inside of a regular expression.
    """

    def __init__(self, config: Config) -> None:
        self.groups = sorted({item.path[0] for item in config.items if len(item.path) > 1})
        self.fields = sorted({item.path[-1] for item in config.items if item.found == "amount"})
        self.symbols = {symbol for item in config.items for symbol in item.symbols}
        self.names = {
            **{f"g{number}": name for number, name in enumerate(self.groups)},
            **{f"f{number}": name for number, name in enumerate(self.fields)},
        }
        words = {name: LABELS.get(name, re.escape(name)) for name in self.names.values()}
        named = (rf"(?P<{key}>\b(?:{words[name]})\b)" for key, name in self.names.items())
        self.pattern = _compiled(rf"(?P<formula>{OPEN}[^{CLOSE}]*{CLOSE})|(?P<total>\b(?:{TOTAL})\b)", *named)
        self.group_words = group = "|".join(words[name] for name in self.groups) or "(?!)"
        field = "|".join(words[name] for name in self.fields) or "(?!)"
        symbol = "|".join(map(re.escape, sorted(self.symbols))) or "(?!)"
        units = "|".join(UNITS.values())
        fields = rf"(?:{field})\b(?:\s+(?:costs?|complexity))?(?:\s*(?:,|and|&)\s*(?:{field})\b)?"
        self.plain_amount = _compiled(
            r"(?:\s|(?:mode|costs?|complexity|is|are|of|we|it|needs?|takes?|requires?|the|both)\b|[:=(–—>→-])*"
            rf"((?:\d|(?:{symbol}){{1,3}}(?![A-Za-z])|[OΘ]\()[^.;,\n:]*)"
        )
        self.counted = _compiled(
            rf"(?<![\w^])(?:{symbol}|\d)(?:{symbol}|\d|[-+*^·²³ ]){{0,60}}(?=\s(?:{units})\b)",
        )
        self.fields_behind = _compiled(
            rf"\s*(?:for|in|of)\s+(?:the\s+|both\s+)*{fields}",
            rf"\s*\(\s*{fields}\s*\)",
            rf"\s*(?:{field})(?=\s*(?:[,.;]|and\b|$))",
        )
        self.group_behind = _compiled(
            rf"\s*(?:for|in|with|by|under|using|via)\s+(?:the\s+)?(?:{group})\b(?:[- ]*mode)?",
            rf"\s*\(\s*(?:{group})(?:[- ]*mode)?\s*\)",
        )

    def counts(self, formula: str) -> bool:
        """Whether every letter of a formula is one in which amounts are counted."""
        letters = re.findall(r"[a-z]", re.sub(r"\\[A-Za-z]+", "", formula).lower())
        return {symbol.lower() for symbol in self.symbols}.issuperset(letters)

    def is_label(self, text: str) -> bool:
        """Whether a text is the name of a field, perhaps with its group, and nothing else."""
        rest = self.pattern.sub("", text)
        return rest != text and OPEN not in text and not _SAYS_MORE.search(rest)

    def mentioned(self, text: str) -> Mentioned:
        """The groups and fields that a text names outside of its formulas."""
        keys = [found.lastgroup for found in self.pattern.finditer(text) if found.lastgroup in self.names]
        groups, fields = (dict.fromkeys(self.names[key] for key in keys if key[0] == role) for role in "gf")
        return Mentioned(tuple(groups), tuple(fields))


def _compiled(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)
