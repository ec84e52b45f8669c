"""The answers that a write-up gives to a part, read as those of answers.yaml are; each knows where it was taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from grader import document
from grader.algebra import formulas
from grader.assignment.config import Config, Item
from grader.forms.answer import Answer, PartAnswers, Typed, missing, open_, shown
from grader.frozen import frozen
from grader.report import Paragraph, Taken
from grader.writeup import Candidate, Sourced, WriteUp, joined

_GRADIENT = re.compile(r"\s*\\(?:overline|bar|frac\s*\{\s*(?:\\partial|d)\s*\\?(?:mathcal)?\s*\{?J)(?![A-Za-z])[^=]*=")
_EQUATIONS = 1000


@frozen
class Passages:
    """What a write-up says of the items of one part, and how the value of that part is read."""

    written: WriteUp
    config: Config
    items: tuple[Item, ...]
    read: Callable[[Typed], PartAnswers]

    @property
    def lines(self) -> list[Sourced]:
        """The formulas that stand under the part."""
        return self.written.lines.get(self.items[0].part, [])

    def value(
        self, value: document.Node, file: document.Document | None = None, beside: document.Node | None = None
    ) -> PartAnswers:
        """The answers in a value."""
        return self.read(Typed(self.items, value, self.config, file or document.Document(None, ""), beside))

    def line(self, text: Sourced) -> int:
        return self.written.sources.place(text.start).line

    def scalar(self, text: Sourced, instead: str | None = None) -> document.Scalar:
        """A text as it would stand in a file of answers, with its own line."""
        return document.Scalar(self.line(text), text=text.text if instead is None else instead, plain=False)

    def taken(self, answer: Answer, candidate: Candidate, typed: str = "") -> Answer:
        """The answer with how and where it was taken; ``typed`` is what it is shown as, if not as the candidate."""
        place = self.written.sources.place(candidate.text.start)
        text = shown(self.written.sources.typed(candidate.text))
        taken = Taken(candidate.how, text, place.file, place.line, place.cell)
        return replace(answer, taken=taken, typed=shown(typed) or text, line=place.line)

    def nothing(self, item: Item) -> Answer:
        hint = f"Mark it there as {item.name}, or type it into answers.yaml."
        return missing(item, Paragraph(f"No answer was found in {self.written.name}. {hint}"))

    def untaken(self, item: Item) -> Answer:
        """A part of which nothing was taken: open where something stands there all the same, else missing."""
        if item.part in self.written.drawn:
            return open_(item, Paragraph("The write-up shows a picture here, which a person has to look at."))
        text = self.written.passages.get(item.part)
        if text is None:
            return self.nothing(item)
        message = Paragraph("What stands here in the write-up is no answer that can be read. A person will look.")
        return self.taken(open_(item, message), Candidate(text))

    def several(self, item: Item, candidates: Iterable[Candidate]) -> Answer:
        """Texts of which each would be an answer, and which say different things."""
        first, *others = [self.taken(open_(item), one) for one in candidates]
        texts = "; ".join(f"“{one.typed}” in line {one.line}" for one in (first, *others))
        message = f"Several texts answer this, and they say different things: {texts}. A person will look."
        return replace(first, blocks=(Paragraph(message),))

    def fields(self) -> PartAnswers:
        """The answers to items of their own: each is one text, or several that say the same."""
        answers = tuple(map(self._field, self.items))
        node: document.Mapping | None = None
        for item in self.items:
            for one in self.written.best(item.name)[:1]:
                node = _kept(node, item.path, self.scalar(one.text))
        return PartAnswers(answers, (), node)

    def _field(self, item: Item) -> Answer:
        candidates = self.written.best(item.name)
        if not candidates:
            return self.nothing(item)
        answers = []
        for one in candidates:
            found = self.value(_kept(None, item.path, self.scalar(one.text))).answers
            answers.append(self.taken(found[self.items.index(item)], one))
        different = [one for one, answer in zip(candidates, answers) if not _same(answer, answers[0])]
        if different:
            return self.several(item, (candidates[0], *different))
        first = candidates[0]
        if item.name in self.written.doubted and first.how == "found" and first.strength != "correction":
            message = "What stands around it denies it, or takes it back. A person will look."
            return self.taken(open_(item, Paragraph(message)), first)
        return answers[0]

    def whole(self, *needs: str) -> PartAnswers:
        """The answer to a part that is one item, from its fields, or as it stands in answers.yaml where that is marked.

        Of its fields those are needed whose name begins so.
        """
        (item,) = self.items
        marked = self.written.best(item.name)
        slots = () if marked else self.config.parts[item.part].slots
        by_name = {name: self.written.best(item.name, name) for name in slots}
        for candidates in (marked, *by_name.values()):
            if _differ(candidates):
                return PartAnswers((self.several(item, candidates),))
        if marked:
            try:
                file = document.salvage(marked[0].text.text)
            except document.Unreadable:
                file = document.Document(None, "")
            whole = file.root or self.scalar(marked[0].text)
            return PartAnswers((self.taken(self.value(whole, file).answers[0], marked[0]),), (), whole)
        given = {name: candidates[0] for name, candidates in by_name.items() if candidates}
        if not any(name.startswith(needs) if needs else name for name in given):
            return PartAnswers((self.untaken(item),))
        entries = tuple((self.scalar(one.text, name), self.scalar(one.text)) for name, one in given.items())
        first = next(iter(given.values()))
        value = document.Mapping(self.line(first.text), entries=entries)
        found = self.value(value)
        least = next((one for one in given.values() if one.how == "found"), first)
        text = "\n".join(f"{name} = {self.written.sources.typed(one.text)}" for name, one in given.items())
        answer = self.taken(found.answers[0], replace(first, strength=least.strength), text)
        return PartAnswers((answer,), found.messages, value)

    def edges(self) -> PartAnswers:
        """The answer to a graph: marked, or the arrows that stand under its part."""
        (item,) = self.items
        marked = (*self.written.best(item.name), *self.written.best(item.name, "edges"))
        if _differ(marked):
            return PartAnswers((self.several(item, marked),))
        candidates = marked[:1] or tuple(Candidate(line) for line in self.lines)
        if not candidates:
            return PartAnswers((self.untaken(item),))
        scalars = tuple(self.scalar(one.text) for one in candidates)
        value = document.Sequence(scalars[0].line, items=scalars)
        key = self.scalar(candidates[0].text, "edges")
        text = "\n".join(scalar.text for scalar in scalars)
        answer = self.taken(self.value(value).answers[0], candidates[0], text)
        return PartAnswers((answer,), (), document.Mapping(key.line, entries=((key, value),)))

    def equations(self) -> PartAnswers:
        """The answers to equations: each marked, or found by its left side among all that stand under the part."""
        lines = self.lines
        if len(lines) > _EQUATIONS:
            message = f"More than {_EQUATIONS:,} equations stand here, and were not read. A person will look."
            return PartAnswers(tuple(open_(item, Paragraph(message)) for item in self.items))
        marked = {item: found for item in self.items if (found := self.written.best(item.name))}
        texts = {item.path[0]: found[0].text for item, found in marked.items()}
        entries = tuple((self.scalar(text, name), self.scalar(text)) for name, text in texts.items())
        as_marked = document.Mapping(1, entries=entries)
        as_found = document.Sequence(1, items=tuple(self.scalar(text) for text in _continued(lines)))
        nothing = PartAnswers(())
        by_mark = self.value(as_marked, beside=as_found if lines else None) if marked else nothing
        by_label = self.value(as_found) if lines else nothing
        by_item = [{one.item: one for one in found.answers if one.status != "missing"} for found in (by_mark, by_label)]
        answers = tuple(self._equation(item, marked.get(item, ()), *by_item) for item in self.items)
        messages = (*by_mark.messages[:20], *by_label.messages[:20])
        return PartAnswers(answers, messages, as_marked if marked else as_found if lines else None)

    def _equation(
        self, item: Item, marked: tuple[Candidate, ...], by_mark: dict[Item, Answer], by_label: dict[Item, Answer]
    ) -> Answer:
        lines = self.lines
        if _differ(marked):
            return self.several(item, marked)
        if item in by_mark:
            return self.taken(by_mark[item], marked[0])
        if answer := by_label.get(item):
            # An equation stands where it begins or below: "1" and "-1" stand in many a line.
            begins = answer.line or 0
            near = sorted(lines, key=lambda one: self.line(one) < begins)
            return self.taken(answer, Candidate(_standing(answer, near)))
        placed = {one.line for one in by_label.values()}
        if strays := [one for one in lines if _GRADIENT.match(one.text) and self.line(one) not in placed]:
            # One of them may be the answer, and their left sides tell of none of them what it is.
            shown_ = ((self.written.sources.typed(one)[:60], self.line(one)) for one in strays[:5])
            texts = ", ".join(f"“{text}” (line {line})" for text, line in shown_)
            message = f"It may be one of the equations whose left sides cannot be told: {texts}. A person will look."
            return replace(open_(item, Paragraph(message)), line=self.line(strays[0]))
        return self.nothing(item) if lines or by_mark else self.untaken(item)


def _kept(node: document.Mapping | None, path: tuple[str, ...], value: document.Scalar) -> document.Mapping:
    """The node with the value of an item in it, as a file of answers has it."""
    first, *rest = path
    entries = node.entries if node else ()
    inner = next((one for key, one in entries if key.text == first), None)
    inside = inner if isinstance(inner, document.Mapping) else None
    kept = tuple(entry for entry in entries if entry[0].text != first)
    added = _kept(inside, tuple(rest), value) if rest else value
    return document.Mapping(value.line, entries=(*kept, (replace(value, text=first), added)))


def _differ(candidates: Iterable[Candidate]) -> bool:
    """Whether texts of one name are not the same, blanks aside."""
    return len({"".join(one.text.text.split()) for one in candidates}) > 1


def _same(one: Answer, other: Answer) -> bool:
    """Whether two texts say the same: as mathematics, or by their letters."""
    if one.status == other.status == "read" and hasattr(one.value, "node") and hasattr(other.value, "node"):
        return one.value.node == other.value.node or formulas.agree(one.value.node, other.value.node)
    return one.typed.split() == other.typed.split()


def _continued(lines: Iterable[Sourced]) -> Iterator[Sourced]:
    """Equations with the rows that go on from them: a row that begins with an equals sign or an operator."""
    equations: list[list[Sourced]] = []
    for line in lines:
        goes_on = line.text.lstrip().startswith(("=", "+", "-", "\\circ", "\\odot", "\\cdot", "\\times"))
        if equations and goes_on:
            equations[-1] += [line[-1:].instead("\n"), line]
        else:
            equations.append([line])
    return map(joined, equations)


def _standing(answer: Answer, lines: Iterable[Sourced]) -> Sourced:
    """Where the last member of an equation stands among the lines that were read."""
    last = answer.typed.strip()
    for line in lines:
        if (at := line.text.rfind(last)) >= 0:
            return line[at : at + len(last)]
    member = last.rsplit("=", 1)[-1].strip()
    for line in lines if "\\end" not in member else ():
        if (at := line.text.rfind(member)) >= 0:
            return line[at:]
    return next(iter(lines))
