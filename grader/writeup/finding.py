"""Which text of a write-up answers which item: the marked ones by name, the others by heading, label and sentence.

Nothing here judges: a text that was found may be right, wrong or unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from grader.assignment.config import Config, Item
from grader.writeup import prose, rules
from grader.writeup.amounts import Amount, Subject, amounts
from grader.writeup.candidates import ARROW, Candidate, Candidates
from grader.writeup.rules import Mentioned, Vocabulary
from grader.writeup.sections import Passage, passages
from grader.writeup.sources import FORMULA, Block, Sourced, joined

_RELATION = re.compile(r"[<>≤≥]|\\(?:leq?|geq?|lt|gt|leqslant|geqslant)(?![A-Za-z])")
_WHEN = re.compile(r"\b(?:when(?:ever)?|if|iff|for)\s+([^.;,()]{1,60})", re.IGNORECASE)


def gather(blocks: Iterable[Block], config: Config) -> Candidates:
    """Everything in a write-up that answers an item, or may."""
    result = Candidates(config)
    unmarked = list(result.without_marks(blocks))
    finder = _Finder(config, result)
    for passage in passages(unmarked, config):
        finder.take(passage)
    return result


class _Finder:
    """One way through the passages, with the parts and the group that are spoken of."""

    def __init__(self, config: Config, result: Candidates) -> None:
        self.config = config
        self.result = result
        self.vocabulary = Vocabulary.of(config)
        self.scope: tuple[str, ...] = ()
        self.items: tuple[Item, ...] = ()
        self.subject = Subject()

    def take(self, passage: Passage) -> None:
        if passage.parts != self.scope:
            self.scope, self.subject = passage.parts, Subject()
            self.items = tuple(item for item in self.config.items if item.part in self.scope)
        for title in passage.titles:
            named = self.vocabulary.mentioned(title)
            group, field = (*named.groups, "")[0], (*named.fields, "")[0]
            if group or field:
                self.subject = Subject(group or self.subject.group, field, titled=bool(field))
        for block in self._mended(passage.blocks):
            self._note(block)
            if block.kind == "table":
                self._table(block.cells)
                continue
            for sentence in prose.sentences(block.text):
                if not rules.repeats_the_question(sentence.text):
                    self._sentence(sentence)
                elif not rules.ASKED.match(sentence.text):
                    # "Forward mode takes n multiplications? No: …"
                    groups = self.vocabulary.mentioned(sentence.text).groups
                    self.subject = Subject(groups[0], self.subject.field) if len(groups) == 1 else self.subject

    def _mended(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The blocks, where a page that ends with "forward" and the next one, from "mode" on, are one paragraph."""
        torn = re.compile(rf"\b(?:{self.vocabulary.group_words})\s*$", re.IGNORECASE)
        before: Block | None = None
        for block in blocks:
            both = before is not None and before.kind == block.kind == "text" and block.text.text.startswith("mode")
            if before and both and torn.search(before.text.text[-40:]):
                block = replace(block, text=joined((before.text, before.text[-1:].instead(" "), block.text)))
                before = None
            if before:
                yield before
            before = block
        if before:
            yield before

    def _note(self, block: Block) -> None:
        """Keeps what stands under a part, where its heading names no other; a question that is repeated is nothing."""
        for part in self.scope:
            if block.drawing and (len(self.scope) == 1 or self.config.parts[part].found == "edges"):
                self.result.drawn.add(part)
        text = block.text if block.kind == "text" else joined(cell for row in block.cells for cell in row)
        own = [one for one in prose.sentences(text) if not rules.says_nothing(one.text)]
        if len(self.scope) == 1 and own:
            self.result.passages.setdefault(self.scope[0], []).append(own[0])

    def _sentence(self, sentence: Sourced) -> None:
        for part in self.scope:
            stated = self.config.parts[part]
            if stated.found == "equations":
                self.result.lines.setdefault(part, []).extend(prose.equations(sentence))
            elif stated.found == "edges":
                arrows = [prose.typeset(line) for line in prose.lines(sentence) if ARROW.search(line.text)]
                self.result.lines.setdefault(part, []).extend(arrows)
        for statement in prose.statements(sentence):
            names, value = prose.named_value(statement)
            for name, transposed in names:
                self._named(name, value, transposed)
        if not self._condition(sentence):
            found, self.subject = amounts(sentence, self.subject, self.vocabulary)
            corrects = rules.CORRECTION.match(sentence.text)
            for amount in found:
                self._amount(replace(amount, strength="correction") if corrects else amount)

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
                        self.result.add(item.name, "", Candidate(value, "found"))

    def _amount(self, amount: Amount) -> None:
        answered = [
            item
            for item in self.items
            if item.found == "amount" and item.path in ((amount.group, amount.name), (amount.name,))
        ]
        if len(answered) == 1:
            self.result.add(answered[0].name, "", Candidate(amount.text, "found", amount.strength))

    def _condition(self, sentence: Sourced) -> bool:
        """Takes what a sentence says of when something is better; whether it is such a sentence."""
        items = [item for item in self.items if item.found == "condition"]
        if not items or not rules.BETTER.search(sentence.text):
            return False
        for clause in prose.clauses(sentence, self.vocabulary.group_words):
            groups = self.vocabulary.mentioned(clause.text).groups
            if len(groups) != 1 or not rules.BETTER.search(clause.text):
                continue
            relation = next((one for one in FORMULA.finditer(clause.text) if _RELATION.search(one[1])), None)
            found = relation or _WHEN.search(clause.text)
            for item in items if found else ():
                # The item says of which group: forward_better_when.
                if item.path[-1].startswith(groups[0]) and found:
                    text = prose.typeset(clause[found.start(1) : found.end(1)])
                    self.result.add(item.name, "", Candidate(text, "found"))
        return True

    def _table(self, rows: Sequence[Sequence[Sourced]]) -> None:
        """The cells of a table, by what the heads of their row and column say."""
        if self._equations(rows):
            return
        heads = [self.vocabulary.mentioned(cell.text) for cell in rows[0]] if rows else []
        headed = any(head.groups or head.fields for head in heads[1:])
        for row in rows[1:] if headed else rows:
            first = self.vocabulary.mentioned(row[0].text) if row else Mentioned()
            # A first column with a head of its own, and nothing to tell in its rows, is a column like any other.
            behind = 0 if headed and (heads[0].fields or heads[0].groups) and first == Mentioned() else 1
            for place, cell in enumerate(row[behind:], behind):
                head = heads[place] if place < len(heads) else Mentioned()
                fields = first.fields or head.fields
                group = next(iter((*first.groups, *head.groups)), self.subject.group)
                text = prose.typeset(cell)
                if len(fields) == 1:
                    self._amount(Amount(group, fields[0], text, "label"))
                elif not fields:
                    for sentence in prose.sentences(cell):
                        self._sentence(sentence)

    def _equations(self, rows: Sequence[Sequence[Sourced]]) -> bool:
        """Takes a table whose rows are a name and what it equals, where a part has equations."""
        parts = [part for part in self.scope if self.config.parts[part].found == "equations"]
        if not parts or not all(len(row) == 2 and FORMULA.search(row[0].text) for row in rows):
            return False
        for left, right in rows:
            line = joined((prose.typeset(left), right[:1].instead(" = "), prose.typeset(right)))
            for part in parts:
                self.result.lines.setdefault(part, []).append(line)
        return True
