"""Amounts in sentences: which group and field each of them answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from grader.frozen import frozen
from grader.writeup import prose
from grader.writeup.prose import NOT, UNITS, Vocabulary
from grader.writeup.sources import CLOSE, EMPTY, OPEN, Sourced, masked

Strength = Literal["marked", "correction", "total", "label", "weak"]
"""How an answer was told: by a mark, as a correction, as the total, by a label, or by less (the unit behind it)."""


@frozen
class Amount:
    """A text, and what it answers; the group is empty where none was named."""

    group: str
    name: str
    text: Sourced
    strength: Strength


@frozen
class Subject:
    """The group and the field that are spoken of; ``titled`` where a heading has just named the field."""

    group: str = ""
    field: str = ""
    titled: bool = False


@frozen
class _Word:
    """A word of one kind; a unit or an amount may name the ``group`` that stands behind it.

    ``too`` where "and" joins a field to the one before.
    """

    kind: str
    value: str = ""
    text: Sourced = EMPTY
    group: str = ""
    too: bool = False


@dataclass
class _Clause:
    """Labels and the amounts behind them, each with the group behind it.

    ``assumed`` where the labels stand in the heading or before; ``again`` where the sentence has named them before, of
    another group: "reverse mode takes … multiplications, and forward mode …";
    ``apart`` where its labels stand beside each other with no "and" between them.
    """

    fields: list[str] = field(default_factory=list)
    assumed: bool = False
    again: bool = False
    apart: bool = False
    amounts: list[tuple[Sourced, Strength, str]] = field(default_factory=list)


def amounts(sentence: Sourced, subject: Subject, vocabulary: Vocabulary) -> tuple[list[Amount], Subject]:
    """The amounts of a sentence, and what it speaks of at its end.

    A label holds for the amounts behind it up to the next label; "time and memory are … and …, respectively" is
    paired in order, so are two groups of one label, and one amount behind two labels is both. A total is one of the
    field that was spoken of last. A sentence that is a label, and nothing else, is the heading of the next one.
    """
    found: list[Amount] = []
    group, last = subject.group, subject.field
    clause = _Clause([last], assumed=True) if last and subject.titled else _Clause()
    named = dict.fromkeys(clause.fields)
    # "In total, the time is … and the memory is …" says of each that it is the total.
    total = of_all = False
    spoken = list(_words(sentence, vocabulary))
    if "respectively" in sentence.text and (in_order := _by_groups(spoken)):
        return in_order, Subject("", last)
    for word in spoken:
        if word.kind == "group":
            if clause.amounts:
                found += _paired(clause, group, vocabulary)
                clause = _Clause()
            if named and (clause.assumed or not clause.fields):
                clause = _Clause(list(named), assumed=True, again=True)
            group = word.value
        elif word.kind == "total":
            total, of_all = True, not named
            if last and (clause.again or not clause.fields):
                clause = _Clause([last], assumed=True)
        elif word.kind == "field":
            if len(clause.amounts) >= len(clause.fields) or clause.assumed:
                found += _paired(clause, group, vocabulary)
                clause = _Clause()
            clause.apart = bool(clause.fields) and not word.too
            clause.fields.append(word.value)
            last = word.value
            named[last] = None
        elif word.kind == "amount" and clause.fields:
            behind = set(word.value.split()) if clause.amounts or clause.assumed else set()
            if not behind or behind & set(clause.fields):  # or its unit tells that it is none of the labels'
                clause.amounts.append((word.text, "total" if total else "label", word.group))
                total = of_all
        elif word.kind == "unit" and (
            clause.again
            or len(clause.amounts) >= len(clause.fields)
            or (clause.assumed and word.value not in clause.fields)
        ):
            found.append(Amount(word.group or group, word.value, word.text, "total" if total else "weak"))
            clause = _Clause() if clause.again else clause
            total = of_all
            named[word.value] = None
    found += _paired(clause, group, vocabulary)
    found = found or _counted(sentence, group, vocabulary)
    return found, Subject(group, last, titled=bool(last) and vocabulary.is_label(sentence.text))


def _counted(sentence: Sourced, group: str, vocabulary: Vocabulary) -> list[Amount]:
    """The one amount that stands before its unit in plain text, where no label tells of it: "so 5p + 1 numbers"."""
    found = list(vocabulary.counted.finditer(prose.outside_brackets(masked(sentence.text))))
    names = [_units(sentence.text, one.end(), vocabulary)[0] for one in found]
    if len(found) != 1 or len(names[0]) != 1:
        return []
    return [Amount(group, names[0][0], sentence.group(found[0]), "weak")]


def _by_groups(spoken: list[_Word]) -> list[Amount]:
    """Amounts of one field in the order of the groups before them: "the times of reverse and forward mode are …"."""
    kinds = [word.kind for word in spoken]
    first = kinds.index("amount") if "amount" in kinds else 0
    names = dict.fromkeys(word.value for word in spoken if word.kind == "field")
    groups = [word.value for word in spoken[:first] if word.kind == "group"]
    given = [word.text for word in spoken if word.kind == "amount"]
    if len(names) != 1 or len(groups) < 2 or len(groups) != len(given) or "group" in kinds[first:]:
        return []
    return [Amount(group, next(iter(names)), text, "label") for group, text in zip(groups, given)]


def _paired(clause: _Clause, group: str, vocabulary: Vocabulary) -> list[Amount]:
    names, given = clause.fields, clause.amounts
    if not given or (clause.again and len(names) != len(given)):
        return []
    if len(names) == 1:
        totals = [one for one in given if one[1] == "total"]
        # Of several amounts nobody can tell which is meant: where they differ, a person sees them all.
        others = [one for one in given[1:] if vocabulary.counts(one[0].text)]
        pairs = [(names[0], one) for one in totals or (given[0], *others)]
    elif len(given) == 1:
        pairs = [(name, given[0]) for name in (names[-1:] if clause.apart else names)]
    else:
        pairs = list(zip(names, given)) if len(names) == len(given) else []
    return [Amount(behind or group, name, text, strength) for name, (text, strength, behind) in pairs]


def _words(sentence: Sourced, vocabulary: Vocabulary) -> Iterator[_Word]:
    """The words of a sentence that tell what an amount answers, and the amounts, in order."""
    text = prose.outside_brackets(sentence.text, vocabulary.group_words)
    initials = all(re.search(rf"{OPEN}\s*{name[0].upper()}\s*=", text) for name in vocabulary.fields)
    at, labelled, label = 0, False, ""
    for found in vocabulary.pattern.finditer(text):
        if found.start() < at:
            continue
        kind = found.lastgroup or ""
        too, since = bool(_AND.search(text, at, found.start())), at
        if labelled and kind != "formula":
            plain = list(_plain(sentence, at, found.start(), vocabulary))
            yield from plain
            units, end = _units(text, found.start(), vocabulary) if plain and kind[0] == "f" and not label else ((), 0)
            if units:
                yield from (_Word("unit", unit, plain[0].text) for unit in units)
                at, labelled = end, False
                continue
        at, labelled = found.end(), kind != "formula"
        piece = sentence.group(found)
        if kind == "formula":
            labels = _inner_labels(piece, vocabulary, initials=initials)
            before = _BEFORE.search(text, max(since, found.start() - 40), found.start())
            units, end = _units(sentence.text, at, vocabulary)
            if (before and before["no"]) or (not units and _is_variable(text, since, found, vocabulary)):
                continue
            begin = before.start() if before else found.start()
            plus = _PLUS.match(text, at)
            inner = prose.typeset(sentence[begin : plus.end() if plus else at]).strip(" =")
            yield from labels
            if not labels and is_amount(inner.text):
                # "time 5p memory 7p + 1": the second label, and no unit of the first.
                if units and label in ("", *units):
                    at = end
                behind = vocabulary.group_behind.match(text, at)
                group = vocabulary.mentioned(behind[0]).groups[0] if behind else ""
                at = behind.end() if behind else at
                if units and label in ("", *units):
                    yield from (_Word("unit", unit, inner, group) for unit in units)
                yield _Word("amount", " ".join(units), inner, group)
            label = ""
        elif kind == "total":
            yield _Word("total")
        else:
            label = vocabulary.names[kind] if kind[0] == "f" else label
            yield _Word("group" if kind[0] == "g" else "field", vocabulary.names[kind], too=too)
    if labelled:
        yield from _plain(sentence, at, len(text), vocabulary)


def _is_variable(text: str, since: int, formula: re.Match[str], vocabulary: Vocabulary) -> bool:
    """Whether a formula is what amounts are counted in: "time and memory in $p$ and $q$"."""
    before = re.search(
        rf"\bin(?: terms of)?\s+(?:{OPEN}\w{CLOSE}\s*(?:,|and)?\s*)*\Z",
        text[max(0, since - 20, formula.start() - 60) : formula.start()],
    )
    return before is not None and formula[0][1:-1].strip() in vocabulary.symbols


def _plain(sentence: Sourced, low: int, high: int, vocabulary: Vocabulary) -> Iterator[_Word]:
    found = vocabulary.plain_amount.match(sentence.text, low, high)
    if found and is_amount(found[1]):
        remark = _REMARK.search(sentence.text, *found.span(1))
        yield _Word("amount", text=sentence[found.start(1) : remark.start() if remark else found.end(1)].strip())


_AND = re.compile(r"\b(?:and|both|plus)\b|[&/+]", re.IGNORECASE)
_PLUS = re.compile(
    rf"[^.;:{OPEN}]{{0,40}}\bplus\b|[\s,]{{0,9}}\b(?:minus|at least|at most|or so|or more|or less)\b(?!\s{{0,9}}{OPEN})"
)
"""Words behind an amount that change it."""
_BEFORE = re.compile(
    rf"(?:(?P<no>{NOT}(?:是|(?:\s{{1,9}}(?:equal to|possibly|really|just|only|es|è|é))*)"
    r"|\b(?:instead of|rather than|different from))"
    r"|\b(?:twice|thrice|double|half|at most|at least|between|up to|almost|exceeds?|square(?: root)? of"
    r"|(?:\d{1,9}|two|three|four|five|six)\s{1,9}times|(?:less|more|fewer|greater|larger|smaller) than))"
    r"(?:\s{1,9}(?:of|be))?\s{0,9}\Z",
    re.IGNORECASE,
)
"""Words that change the amount behind them, or say that it is none."""
_REMARK = re.compile(r"\s\(\s*[^()]*[A-Za-z]{3}[^()]*\)\s*$|\s(?:because|since|which|where|for each|due to)\b")
"""Words that explain an amount which was typed without any signs around it."""


_UNITS = {name: re.compile(rf"\s*(?:{words})\b(?!\s*[:=])", re.IGNORECASE) for name, words in UNITS.items()}


def _units(text: str, at: int, vocabulary: Vocabulary) -> tuple[tuple[str, ...], int]:
    """The fields that stand behind an amount, as its unit or by name, and where that ends."""
    for name, unit in _UNITS.items():
        found = unit.match(text, at)
        if found:
            return (name,), found.end()
    found = vocabulary.fields_behind.match(text, at)
    return (vocabulary.mentioned(found[0]).fields, found.end()) if found else ((), at)


def _inner_labels(formula: Sourced, vocabulary: Vocabulary, *, initials: bool) -> list[_Word]:
    r"""What ``\text{time} = 5p`` or ``T_{rev} = 5p`` in a formula says, as words; nothing without such a label.

    ``initials`` where the sentence has a formula for the initial letter of every field, ``T = …`` and ``M = …``.
    """
    found: list[_Word] = []
    for row in prose.rows(formula[1:-1]):
        for piece in prose.pieces(row):
            label = re.match(r"\s*([^=:]{0,200})[=:]\s*", piece.text)
            if not label:
                continue
            bare = re.sub(r"\\[A-Za-z]+|[_^{}\d]", " ", label[1])
            # Scanners set a word as letters: T i m e.
            named = vocabulary.mentioned(re.sub(r"(?<=\b[A-Za-z])\s(?=[A-Za-z]\b)", "", bare))
            letter = re.match(r"\s*([A-Z])\s*$" if initials and not named.groups else r"\s*([A-Z])\b", bare)
            initial = [name for name in vocabulary.fields if letter and name[0].upper() == letter[1]]
            for name in (named.fields or tuple(initial if named.groups or initials else ()))[:1]:
                found += [_Word("group", group) for group in named.groups[:1]]
                found += [_Word("field", name), _Word("amount", text=piece[label.end() :])]
    return found


def is_amount(formula: str) -> bool:
    """Whether a formula can be an amount: no array, no relation, no definition of something else."""
    if re.search(r"\\begin|\\to\b|\\rightarrow|[<>:]|\\(?:leq?|geq?|lt|gt|in|approx)(?![A-Za-z])", formula):
        return False
    left, sign, _ = formula.partition("=")
    if sign and " " not in left.strip() and prose.name(left) and not re.fullmatch(r"\s*[a-z](?:\^\{?\d\}?)?\s*", left):
        return False
    lone = r"\s*(?:\\mathbf|\\bm)?\s*\{?[A-Zvyzxh](?:_?\{?\d\}?)?\}?\s*"
    return not re.fullmatch(rf"{lone}(?:,{lone})*", formula) and bool(re.sub(r"\\[a-z]*|\W", "", formula))
