"""What a write-up says of each item, before any of it is read or judged: its marked answers, and those that are found.

A mark is ``\\answer{2.3.reverse.time}{5p}``, or a line that begins with the exact name of an item. Everything else is
told by heading, label and sentence, and may be right, wrong or unreadable.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import chain
from operator import or_
from typing import Literal, get_args

from grader.assignment.config import Config, Item
from grader.frozen import frozen
from grader.writeup import prose
from grader.writeup.amounts import Amount, Strength, Subject, amounts, is_amount
from grader.writeup.prose import Mentioned, Vocabulary
from grader.writeup.sections import Names, Passage, passages
from grader.writeup.sources import CLOSE, EMPTY, FORMULA, MARK, OPEN, Block, Sourced, Sources, joined, masked

_AROUND = f"[*_`{OPEN}{CLOSE}]*"
_LABEL = re.compile(
    rf"[\s>*+•-]*(?:\d+[.)]\s+)?(?:\[[ xX]\]\s*)?(?!(?<=\*)\*){_AROUND}(?!_)([\w.']+?)(?<!_){_AROUND}"
    rf"\s*:{_AROUND}(?=\s|{OPEN}|$)\s*"
)
"""The name before a colon, behind list signs and inside of bold or code; no sign can be told as two of these."""
_RELATION = re.compile(r"[<>≤≥]|\\(?:leq?|geq?|lt|gt|leqslant|geqslant)(?![A-Za-z])")
_WHEN = re.compile(
    r"\b(?:when(?:ever)?|if|iff|for|wenn|falls|quand|lorsque|si|cuando|quando|se|когда|если)\s+([^.;,()]{1,60})",
    re.IGNORECASE,
)
_THAN = (
    r"\b(?:than|over|beats?|outperforms?|(?:preferable|preferred|superior) to)\s+(?:(?:in|with|by|the)\s+)*(?:{})\b"
    r"(?![- \w]{{0,9}},?\s+which\b)"
)
"""What one way is compared with: of it nothing is said, unless a clause of its own follows."""
_FILLED = re.compile(rf"[{OPEN}\d]")
_TOTAL = re.compile(rf"\b(?:{prose.TOTAL})\b", re.IGNORECASE)
_PAGE = 5000
"""Characters, at most, of a paragraph that a page may end in the midst of."""
_HAS_NUMBER = re.compile(r"(?<![_^\w])(?<![_^]\{)\d")
_NUMBERED = re.compile(r"\W*(?:part|question|problem)?\W*(\d+(?:\.\d+)+)(?![.\d]*\w)", re.IGNORECASE)


@frozen
class Candidate:
    """A text that may answer an item, or one field of it."""

    text: Sourced
    strength: Strength = "label"

    @property
    def how(self) -> Literal["marked", "found"]:
        return "marked" if self.strength == "marked" else "found"


@dataclass
class WriteUp:
    """One write-up: the name of its main file, its files, and all that was gathered from it.

    ``fields`` has the candidates by item and field (``("1.1", "W1")``, ``("2.3.z", "")``), ``lines`` the formulas of
    the parts that are read as a whole, ``passages`` the first sentence under a part that says something, ``drawn`` the
    parts with a picture, ``doubted`` the items of which a sentence denies or takes back what was found, and ``unknown``
    the marks whose name is no item.
    """

    name: str
    sources: Sources
    fields: dict[tuple[str, str], list[Candidate]] = field(default_factory=lambda: defaultdict(list))
    lines: dict[str, list[Sourced]] = field(default_factory=lambda: defaultdict(list))
    passages: dict[str, Sourced] = field(default_factory=dict)
    drawn: set[str] = field(default_factory=set)
    doubted: set[str] = field(default_factory=set)
    unknown: list[Sourced] = field(default_factory=list)

    def add(self, item: str, name: str, candidate: Candidate) -> None:
        """One more candidate; a text without a letter or a digit is none."""
        if any(sign.isalnum() for sign in candidate.text.text):
            self.fields[item, name].append(candidate)

    def best(self, item: str, name: str = "") -> tuple[Candidate, ...]:
        """The candidates that count: the marked ones, or else the strongest of those that were found."""
        found = self.fields.get((item, name), [])
        by_strength = (tuple(one for one in found if one.strength == strength) for strength in get_args(Strength))
        return next((some for some in by_strength if some), ())


def gather(name: str, blocks: Iterable[Block], sources: Sources, config: Config) -> WriteUp:
    """Everything in a write-up that answers an item, or may."""
    finder = _Finder(WriteUp(name, sources), config)
    for passage in passages([finder.unmarked(block) for block in blocks], finder.names):
        finder.take(passage)
    return finder.result


class _Finder:
    """One way through the passages, with the parts and the group that are spoken of."""

    def __init__(self, result: WriteUp, config: Config) -> None:
        self.result = result
        self.config = config
        self.names = Names(config)
        self.vocabulary = Vocabulary(config)
        self.scope: tuple[str, ...] = ()
        self.items: tuple[Item, ...] = ()
        self.subject = Subject()
        self.asked: tuple[str, ...] = ()
        self.latest: list[tuple[Item, Candidate]] = []

    def unmarked(self, block: Block) -> Block:
        """A block without its marked answers, which are taken, so that the rest can be searched."""
        around = f" *_`{OPEN}{CLOSE}"
        rows = [tuple(map(self._without_commands, row)) for row in block.cells]
        cells = tuple(row for row in rows if len(row) != 2 or not self._marked(row[0].strip(around), row[1]))
        text = self._without_commands(block.text)
        kept = []
        for found in re.finditer(r"[^\n]*(?:\n|$)", text.text):
            line = text.group(found)
            label = _LABEL.match(line.text)
            if not label or not self._marked(line.group(label, 1), line[label.end() :]):
                kept.append(line)
        return replace(block, text=joined(kept), cells=cells)

    def _without_commands(self, text: Sourced) -> Sourced:
        for found in MARK.finditer(text.text):
            name = text.group(found, 1).strip()
            if name.text in self.config.marks:
                self._mark(name.text, text.group(found, 2))
            else:
                self.result.unknown.append(name)
        return text.changed(MARK, lambda found: "")

    def _marked(self, name: Sourced, text: Sourced) -> bool:
        """Takes the answer behind the name of an item; whether it is one: "1.2:" may be the heading of a part."""
        item, slot = self.config.marks.get(name.text, ("", ""))
        part = None if slot else self.config.parts.get(item)
        keys = "|".join(map(re.escape, part.keys)) if part and part.keys else "(?!)"
        begins = re.match(rf"[\s`*]*(?:\{{|(?:{keys})\b)", text.text) or prose.ARROW.search(text.text)
        if not item or (part and not begins):
            return False
        self._mark(name.text, text)
        return True

    def _mark(self, name: str, text: Sourced) -> None:
        self.result.add(*self.config.marks[name], Candidate(prose.typeset(text), "marked"))

    def take(self, passage: Passage) -> None:
        self._turn_to(passage.parts)
        for title in passage.titles:
            named = self.vocabulary.mentioned(title)
            self.asked = named.groups if prose.BETTER.search(title) else ()
            group, field = (*named.groups, "")[0], (*named.fields, "")[0]
            if group or field:
                self.subject = Subject(group or self.subject.group, field, titled=bool(field))
        for block in self._mended(passage.blocks):
            self._note(block)
            if block.kind == "table":
                self._table(block.cells)
                continue
            for sentence in prose.sentences(block.text, self.vocabulary.group_words):
                if not prose.repeats_the_question(sentence.text):
                    self._sentence(sentence)
                    self.asked = self.asked if len(sentence.text.split()) < 2 else ()
                    continue
                groups = self.vocabulary.mentioned(sentence.text).groups
                if prose.BETTER.search(sentence.text):
                    # "When is forward mode better? When a > b."
                    self.asked = groups
                elif not prose.ASKED.match(sentence.text):
                    # "Forward mode takes n multiplications? No: …"
                    self.subject = Subject(groups[0], self.subject.field) if len(groups) == 1 else self.subject

    def _turn_to(self, parts: tuple[str, ...]) -> None:
        if parts == self.scope:
            return
        self.scope, self.subject, self.latest = parts, Subject(), []
        self.items = tuple(item for item in self.config.items if item.part in parts)

    def _mended(self, blocks: Iterable[Block]) -> list[Block]:
        """The blocks, where a page that ends with "forward" and the next one, from "mode" on, are one paragraph."""
        torn = re.compile(rf"\b(?:{self.vocabulary.group_words})\s*$", re.IGNORECASE)
        mended: list[Block] = []
        for block in blocks:
            before = mended[-1].text if mended and mended[-1].kind == block.kind == "text" else EMPTY
            if len(before) < _PAGE and block.text.text.startswith("mode") and torn.search(before.text[-40:]):
                block = replace(block, text=joined((mended.pop().text, before[-1:].instead(" "), block.text)))
            mended.append(block)
        return mended

    def _note(self, block: Block) -> None:
        """Keeps what stands under a part, where its heading names no other; a question that is repeated is nothing."""
        for part in self.scope:
            if block.drawing and (len(self.scope) == 1 or self.config.parts[part].found == "edges"):
                self.result.drawn.add(part)
        text = block.text if block.kind == "text" else joined(cell for row in block.cells for cell in row)
        own = next((one for one in prose.sentences(text) if not prose.says_nothing(one.text)), None)
        if len(self.scope) == 1 and own and not prose.given_up(own.text):
            self.result.passages.setdefault(self.scope[0], own)

    def _sentence(self, sentence: Sourced) -> None:
        for part in self.scope:
            if self.config.parts[part].found == "equations":
                self.result.lines[part] += prose.equations(sentence)
            elif self.config.parts[part].found == "edges":
                self.result.lines[part] += prose.arrows(sentence)
        before, self.latest = self.latest, []
        for statement in prose.statements(sentence):
            names, value = prose.named_value(statement)
            for name, transposed in names:
                self._named(name, value, transposed)
        if not self._condition(sentence):
            found, self.subject = amounts(sentence, self.subject, self.vocabulary)
            corrects = prose.CORRECTION.match(sentence.text)
            for amount in found:
                self._amount(replace(amount, strength="correction") if corrects else amount)
        self._amend(sentence, self.latest or before, bare=not self.latest)
        self.latest = self.latest or before

    def _amend(self, sentence: Sourced, latest: Sequence[tuple[Item, Candidate]], *, bare: bool) -> None:
        """What a sentence says of the items that were named last: takes them back, or says another thing of them.

        ``bare`` where it names none itself.
        """
        if prose.WITHDRAWN.search(sentence.text):
            self.result.doubted.update(item.name for item, _ in latest)
        amends = prose.AMENDS.search(sentence.text)
        if not amends:
            return
        at = sentence[amends.start() :].start
        taken = {one.text.start for _, one in latest}
        named = {item: one.strength for item, one in latest if one.text.start < at}
        self.result.doubted.update(item.name for item in named if bare and item.found == "value")
        plain = self.vocabulary.plain_amount.match(sentence.text, amends.end())
        for found in (*FORMULA.finditer(sentence.text, amends.end()), *([plain] if plain else ())):
            text = prose.typeset(sentence.group(found, 1))
            kind = "amount" if is_amount(text.text) else "condition"
            if text.start not in taken and self.vocabulary.counts(text.text):
                for item in (item for item in named if item.found == kind):
                    self.result.add(item.name, "", Candidate(text, named[item]))

    def _take(self, item: Item, text: Sourced, strength: Strength = "label") -> None:
        candidate = Candidate(text, strength)
        self.latest.append((item, candidate))
        self.result.add(item.name, "", candidate)

    def _named(self, name: str, value: Sourced, transposed: bool) -> None:
        """A value by its own name: a matrix of weights, a vector."""
        for part in self.scope:
            stated = self.config.parts[part]
            if stated.found == "weights" and not transposed and name in stated.slots:
                self.result.add(part, name, Candidate(value))
        for item in self.items:
            if item.found == "value" and item.path[-1] == name and (not transposed or len(item.shape) == 1):
                # z = v M says how it is computed, and not what it is.
                self._take(item, value, "label" if _HAS_NUMBER.search(value.text) else "weak")

    def _amount(self, amount: Amount) -> None:
        paths = ((amount.group, amount.name), (amount.name,))
        answered = [item for item in self.items if item.found == "amount" and item.path in paths]
        if len(answered) == 1:
            self._take(answered[0], amount.text, amount.strength)

    def _condition(self, sentence: Sourced) -> bool:
        """Takes what a sentence says of when something is better; whether it is such a sentence."""
        items = [item for item in self.items if item.found == "condition"]
        # "When a > b." answers what was asked before it.
        asked = self.asked if len(masked(sentence.text).split()) <= 2 else ()
        says_when = _RELATION.search(sentence.text) or _WHEN.search(sentence.text)
        if not items or not says_when or not (asked or prose.BETTER.search(sentence.text)):
            return False
        than = re.compile(_THAN.format(self.vocabulary.group_words), re.IGNORECASE)
        for clause in prose.clauses(sentence, self.vocabulary.group_words):
            other = than.search(clause.text)
            compared = other is not None and prose.BETTER.search(clause.text, 0, other.end())
            told = than.sub("", clause.text) if compared else clause.text
            groups = self.vocabulary.mentioned(told).groups or asked
            relations = [one for one in FORMULA.finditer(clause.text) if _RELATION.search(one[1])]
            of_sizes = (one for one in relations if self.vocabulary.counts(one[1]))
            found = next(chain(of_sizes, relations), None) or _WHEN.search(clause.text)
            if found is None or len(groups) != 1 or not (asked or prose.BETTER.search(clause.text)):
                continue
            for item in items:
                # The item says of which group: forward_better_when.
                if item.path[-1].startswith(groups[0]):
                    self._take(item, prose.typeset(clause.group(found, 1)))
                    denied = prose.DENIED.search(clause.text, 0, found.start(1))
                    if denied or prose.FAILS.search(clause.text, found.end(1)):
                        self.result.doubted.add(item.name)
        return True

    def _table(self, rows: Sequence[Sequence[Sourced]]) -> None:
        """The cells of a table, by what the heads of their row and column say."""
        if self._equations(rows):
            return
        told = [[self.vocabulary.mentioned(cell.text) for cell in row] for row in rows]
        filled = [[_FILLED.search(cell.text) is not None for cell in row] for row in rows]
        count = next((place for place, cells in enumerate(filled) if any(cells[1:])), 0)
        count = count or int(len(rows) > 1 and len(rows[0]) > 1 and all(told[0][1:]))
        heads = _heads(told[:count])
        scope, above = self.scope, Mentioned()
        for row, labels, is_filled in zip(rows[count:], told[count:], filled[count:]):
            # A first column with a head of its own, and nothing to tell in its rows, is a column like any other.
            behind = 0 if heads and heads[0] and not labels[0] and is_filled[0] else 1
            while behind and behind < len(row) and labels[behind] and not is_filled[behind]:
                behind += 1
            first = reduce(or_, labels[:behind], Mentioned())
            above = first = first if row[0].text or not behind else first | above
            # To the part whose number stands before the row, or back to that of the table.
            numbers = (_NUMBERED.match(cell.text) for cell in row[:behind])
            self._turn_to(next((self.names.numbered(found[1], None) for found in numbers if found), ()) or scope)
            total = any(_TOTAL.search(cell.text) for cell in row[:behind])
            for place, cell in enumerate(row[behind:], behind):
                named = first | (heads[place] if place < len(heads) else Mentioned())
                group = (*named.groups, self.subject.group)[0]
                if len(named.fields) == 1:
                    self._amount(Amount(group, named.fields[0], prose.typeset(cell), "total" if total else "label"))
                elif not named.fields:
                    for sentence in prose.sentences(cell):
                        self._sentence(sentence)
        self._turn_to(scope)

    def _equations(self, rows: Sequence[Sequence[Sourced]]) -> bool:
        """Takes a table whose rows are a name and what it equals, where a part has equations."""
        parts = [part for part in self.scope if self.config.parts[part].found == "equations"]
        if not parts or not all(len(row) == 2 and FORMULA.search(row[0].text) for row in rows):
            return False
        lines = [joined((prose.typeset(left), right[:1].instead(" = "), prose.typeset(right))) for left, right in rows]
        for part in parts:
            self.result.lines[part] += lines
        return True


def _heads(rows: Sequence[Sequence[Mentioned]]) -> list[Mentioned]:
    """What the rows at the top of a table say of each column; a head that spans columns stands in the first of them."""
    heads: list[Mentioned] = [Mentioned()] * max(map(len, rows), default=0)
    for number, row in enumerate(rows):
        spanning = Mentioned()
        for place, head in enumerate(row):
            spanning = head or (spanning if number + 1 < len(rows) else head)
            heads[place] |= spanning
    return heads
