"""Which text of a write-up answers which item: the marked ones by name, the others by heading, label and sentence.

Nothing here judges: a text that was found may be right, wrong or unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from itertools import chain
from operator import or_

from grader.assignment.config import Config, Item
from grader.writeup import prose, rules
from grader.writeup.amounts import Amount, Subject, amounts, is_amount
from grader.writeup.candidates import Candidate, Strength, WriteUp
from grader.writeup.rules import Mentioned, Vocabulary
from grader.writeup.sections import Names, Passage, passages
from grader.writeup.sources import EMPTY, FORMULA, OPEN, Block, Sourced, Sources, joined, masked

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
_TOTAL = re.compile(rf"\b(?:{rules.TOTAL})\b", re.IGNORECASE)
_PAGE = 5000
"""Characters, at most, of a paragraph that a page may end in the midst of."""
_HAS_NUMBER = re.compile(r"(?<![_^\w])(?<![_^]\{)\d")
_NUMBERED = re.compile(r"\W*(?:part|question|problem)?\W*(\d+(?:\.\d+)+)(?![.\d]*\w)", re.IGNORECASE)


def gather(name: str, blocks: Iterable[Block], sources: Sources, config: Config) -> WriteUp:
    """Everything in a write-up that answers an item, or may."""
    finder = _Finder(WriteUp(name, sources, config))
    for passage in passages(list(finder.result.without_marks(blocks)), finder.names):
        finder.take(passage)
    return finder.result


class _Finder:
    """One way through the passages, with the parts and the group that are spoken of."""

    def __init__(self, result: WriteUp) -> None:
        self.result = result
        self.config = result.config
        self.names = Names(result.config)
        self.vocabulary = Vocabulary(result.config)
        self.scope: tuple[str, ...] = ()
        self.items: tuple[Item, ...] = ()
        self.subject = Subject()
        self.asked: tuple[str, ...] = ()
        self.latest: list[tuple[Item, Candidate]] = []

    def take(self, passage: Passage) -> None:
        self._turn_to(passage.parts)
        for title in passage.titles:
            named = self.vocabulary.mentioned(title)
            self.asked = named.groups if rules.BETTER.search(title) else ()
            group, field = (*named.groups, "")[0], (*named.fields, "")[0]
            if group or field:
                self.subject = Subject(group or self.subject.group, field, titled=bool(field))
        for block in self._mended(passage.blocks):
            self._note(block)
            if block.kind == "table":
                self._table(block.cells)
                continue
            for sentence in prose.sentences(block.text, self.vocabulary.group_words):
                if not rules.repeats_the_question(sentence.text):
                    self._sentence(sentence)
                    self.asked = self.asked if len(sentence.text.split()) < 2 else ()
                    continue
                groups = self.vocabulary.mentioned(sentence.text).groups
                if rules.BETTER.search(sentence.text):
                    # "When is forward mode better? When a > b."
                    self.asked = groups
                elif not rules.ASKED.match(sentence.text):
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
        own = [one for one in prose.sentences(text) if not rules.says_nothing(one.text)]
        if len(self.scope) == 1 and own:
            self.result.passages[self.scope[0]].append(own[0])

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
            corrects = rules.CORRECTION.match(sentence.text)
            for amount in found:
                self._amount(replace(amount, strength="correction") if corrects else amount)
        self._amend(sentence, self.latest or before, bare=not self.latest)
        self.latest = self.latest or before

    def _amend(self, sentence: Sourced, latest: Sequence[tuple[Item, Candidate]], *, bare: bool) -> None:
        """What a sentence says of the items that were named last: takes them back, or says another thing of them.

        ``bare`` where it names none itself.
        """
        if rules.WITHDRAWN.search(sentence.text):
            self.result.doubted.update(item.name for item, _ in latest)
        amends = rules.AMENDS.search(sentence.text)
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
                    self.result.add(item.name, "", Candidate(text, "found", named[item]))

    def _take(self, item: Item, text: Sourced, strength: Strength = "label") -> None:
        candidate = Candidate(text, "found", strength)
        self.latest.append((item, candidate))
        self.result.add(item.name, "", candidate)

    def _named(self, name: str, value: Sourced, transposed: bool) -> None:
        """A value by its own name: a matrix of weights, a vector."""
        for part in self.scope:
            stated = self.config.parts[part]
            if stated.found == "weights" and not transposed and name in stated.slots:
                self.result.add(part, name, Candidate(value, "found"))
            elif stated.found == "fields":
                for item in self.items:
                    if transposed and len(item.shape) != 1:
                        continue
                    if item.part == part and item.path[-1] == name and item.found == "value":
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
        if not items or not says_when or not (asked or rules.BETTER.search(sentence.text)):
            return False
        than = re.compile(_THAN.format(self.vocabulary.group_words), re.IGNORECASE)
        for clause in prose.clauses(sentence, self.vocabulary.group_words):
            other = than.search(clause.text)
            compared = other is not None and rules.BETTER.search(clause.text, 0, other.end())
            told = than.sub("", clause.text) if compared else clause.text
            groups = self.vocabulary.mentioned(told).groups or asked
            relations = [one for one in FORMULA.finditer(clause.text) if _RELATION.search(one[1])]
            of_sizes = (one for one in relations if self.vocabulary.counts(one[1]))
            found = next(chain(of_sizes, relations), None) or _WHEN.search(clause.text)
            if found is None or len(groups) != 1 or not (asked or rules.BETTER.search(clause.text)):
                continue
            for item in items:
                # The item says of which group: forward_better_when.
                if item.path[-1].startswith(groups[0]):
                    self._take(item, prose.typeset(clause.group(found, 1)))
                    denied = rules.DENIED.search(clause.text, 0, found.start(1))
                    if denied or rules.FAILS.search(clause.text, found.end(1)):
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
