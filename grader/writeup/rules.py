"""The words by which people tell what an amount is, what repeats the question, and when something is better.

These tables are the rules of what is found in a write-up. The names themselves come from the config: a field or group
that stands in no table is looked for under its own name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from grader.assignment.config import Config
from grader.frozen import frozen
from grader.writeup.sources import CLOSE, FORMULA, OPEN

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


def given_up(text: str) -> bool:
    """Whether a text says, in a few words, that there is no answer."""
    return len(text.split()) <= 12 and GIVEN_UP.search(text) is not None


_LABEL_ALONE = re.compile(rf"(?:{OPEN}|^)[^{OPEN}{CLOSE}]*[:=](?:\s|[}}{{]|\\q?quad)*(?:{CLOSE}|$)")


def says_nothing(sentence: str) -> bool:
    """Whether a sentence answers nothing: the question again, or labels with nothing behind them."""
    rest = _LABEL_ALONE.sub("", sentence)
    return not any(sign.isalnum() for sign in rest) or repeats_the_question(sentence)


def repeats_the_question(sentence: str) -> bool:
    """Whether a sentence was copied from the assignment."""
    return QUESTION.search(FORMULA.sub(lambda found: "x" * len(found[0]), sentence)) is not None


_SAYS_MORE = r"(?!\b(?:mode|costs?|complexity|count|number|of|the|for|in)\b)\b\w+"


def _words(name: str) -> str:
    """How people call a group or a field, as the inside of a regular expression."""
    return LABELS.get(name, re.escape(name))


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


@frozen
class Vocabulary:
    """The groups and the fields of one homework, and the words for them."""

    groups: tuple[str, ...]
    fields: tuple[str, ...]
    symbols: tuple[str, ...]

    @classmethod
    def of(cls, config: Config) -> Vocabulary:
        """The names of the config's groups, of the fields that hold an amount, and the symbols of the amounts."""
        groups = tuple(sorted({item.path[0] for item in config.items if len(item.path) > 1}))
        fields = tuple(sorted({item.path[-1] for item in config.items if item.found == "amount"}))
        symbols = tuple(sorted({symbol for item in config.items for symbol in item.symbols}))
        return cls(groups, fields, symbols)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Formulas, words of a total, and names: ``g0``, ``g1`` for groups, ``f0``, ``f1`` for fields."""
        names = [
            f"(?P<{role}{number}>\\b(?:{_words(name)})\\b)"
            for role, known in (("g", self.groups), ("f", self.fields))
            for number, name in enumerate(known)
        ]
        formula = f"(?P<formula>{OPEN}[^{CLOSE}]*{CLOSE})"
        return re.compile("|".join((formula, rf"(?P<total>\b(?:{TOTAL})\b)", *names)), re.IGNORECASE)

    @cached_property
    def plain_amount(self) -> re.Pattern[str]:
        """An amount behind its label, typed without any signs around it: ``Time: 5p .``"""
        symbol = "|".join(map(re.escape, self.symbols)) or "(?!)"
        return re.compile(
            r"(?:\s|(?:mode|costs?|complexity|is|are|of|we|it|needs?|takes?|requires?|the|both)\b|[:=(–—>→-])*"
            rf"((?:\d|(?:{symbol}){{1,3}}(?![A-Za-z])|[OΘ]\()[^.;,\n:]*)",
            re.IGNORECASE,
        )

    @cached_property
    def counted(self) -> re.Pattern[str]:
        """An amount before its unit, typed without any signs around it: ``so 5p + 1 numbers``."""
        sign = "|".join((*map(re.escape, self.symbols), r"\d"))
        units = "|".join(UNITS.values())
        return re.compile(rf"(?<![\w^])(?:{sign})(?:{sign}|[-+*^·²³ ]){{0,60}}(?=\s(?:{units})\b)", re.IGNORECASE)

    @cached_property
    def group_words(self) -> str:
        """Every word for a group, as the inside of a regular expression."""
        return "|".join(map(_words, self.groups)) or "(?!)"

    @cached_property
    def named_behind(self) -> re.Pattern[str]:
        """Fields behind their amount: ``for time``, ``in both time and memory``, ``(time)``."""
        word = "|".join(map(_words, self.fields)) or "(?!)"
        several = rf"(?:{word})\b(?:\s+(?:costs?|complexity))?(?:\s*(?:,|and|&)\s*(?:{word})\b)?"
        return re.compile(
            rf"\s*(?:(?:for|in|of)\s+(?:the\s+|both\s+)*{several}|\(\s*{several}\s*\)|(?:{word})(?=\s*(?:[,.;]|and\b|$)))",
            re.IGNORECASE,
        )

    @cached_property
    def behind(self) -> re.Pattern[str]:
        """A group behind its amount: ``in reverse mode``, ``for backprop``."""
        words = rf"(?:for|in|with|by|under|using|via)\s+(?:the\s+)?(?:{self.group_words})\b(?:[- ]*mode)?"
        return re.compile(rf"\s*(?:{words}|\(\s*(?:{self.group_words})(?:[- ]*mode)?\s*\))", re.IGNORECASE)

    def counts(self, formula: str) -> bool:
        """Whether every letter of a formula is one in which amounts are counted."""
        letters = re.findall(r"[a-z]", re.sub(r"\\[A-Za-z]+", "", formula).lower())
        return {symbol.lower() for symbol in self.symbols}.issuperset(letters)

    def is_label(self, text: str) -> bool:
        """Whether a text is the name of a field, perhaps with its group, and nothing else."""
        rest = self.pattern.sub("", text)
        return rest != text and OPEN not in text and not re.search(_SAYS_MORE, rest, re.IGNORECASE)

    def name(self, key: str) -> str:
        """The group or field that a named part of the pattern stands for."""
        return (self.groups if key[0] == "g" else self.fields)[int(key[1:])]

    def mentioned(self, text: str) -> Mentioned:
        """The groups and fields that a text names outside of its formulas."""
        keys = [key for found in self.pattern.finditer(text) if (key := found.lastgroup or "")[1:].isdigit()]
        groups, fields = (dict.fromkeys(self.name(key) for key in keys if key[0] == role) for role in "gf")
        return Mentioned(tuple(groups), tuple(fields))
