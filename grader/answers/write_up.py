"""The answers that a write-up gives, read as those of answers.yaml are; each knows how and where it was taken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from grader import document
from grader.algebra import formulas
from grader.answers import fields, part_kinds
from grader.answers.answer import Answer, located, missing, open_, shown
from grader.assignment.config import Config, Item, Part
from grader.assignment.parts import BackwardPart, FieldsPart, GraphPart, NetworkPart
from grader.report import Block, Paragraph, Taken
from grader.writeup import Candidate, Sourced, WriteUp, given_up


@dataclass(frozen=True)
class Written:
    """What a write-up answers: each item, what is to be said of it, and each part as a file of answers has it."""

    answers: Mapping[str, Answer]
    messages: tuple[Block, ...]
    nodes: Mapping[str, document.Node]


def read(written: WriteUp, config: Config) -> Written:
    """An answer for every item of the config."""
    reader = _Reader(written, config)
    answers: dict[str, Answer] = {}
    for name, part in config.parts.items():
        items = tuple(item for item in config.items if item.part == name)
        answers.update((answer.item.name, answer) for answer in reader.part(name, part, items))
    messages = [
        Paragraph(f"{written.name}, line {written.sources.place(name.start).line}: there is no item {name.text!r}.")
        for name in written.candidates.unknown[:20]
    ]
    return Written(answers, (*messages, *reader.messages), reader.nodes)


class _Reader:
    def __init__(self, written: WriteUp, config: Config) -> None:
        self.written = written
        self.config = config
        self.messages: list[Block] = []
        self.nodes: dict[str, document.Node] = {}

    def part(self, name: str, part: Part, items: tuple[Item, ...]) -> Iterator[Answer]:
        """The answers to a part."""
        if isinstance(part, FieldsPart):
            yield from (self._field(item) for item in items)
        elif isinstance(part, NetworkPart):
            yield self._network(items[0], part)
        elif isinstance(part, GraphPart):
            yield self._graph(items[0], part)
        else:
            assert isinstance(part, BackwardPart)
            yield from self._equations(items, part)

    def _field(self, item: Item) -> Answer:
        """The answer to an item of its own: one text, or several that say the same."""
        candidates = self.written.candidates.best(item.name)
        if not candidates:
            return missing(item, Paragraph(_NOTHING.format(file=self.written.name, item=item.name)))
        self._keep(item, self._scalar(candidates[0].text))
        answers = [self._typed(item, one) for one in candidates]
        different = [answer for answer in answers[1:] if not _same(answer, answers[0])]
        return self._disputed(item, [answers[0], *different]) if different else answers[0]

    def _typed(self, item: Item, candidate: Candidate) -> Answer:
        scalar = self._scalar(candidate.text)
        place = located(f"{item.part} {'.'.join(item.path)}", scalar.line)
        return self._taken(fields.one(item, scalar, shown(scalar.text), place), candidate)

    def _disputed(self, item: Item, answers: list[Answer]) -> Answer:
        """Texts of which each would be an answer, and which say different things."""
        texts = "; ".join(f"“{one.taken.text}” in line {one.taken.line}" for one in answers if one.taken)
        says = Paragraph(f"Several texts answer this, and they say different things: {texts}. A person will look.")
        return replace(open_(item, says), taken=answers[0].taken, typed=answers[0].typed, line=answers[0].line)

    def _several(self, item: Item, candidates: Iterable[Candidate]) -> Answer:
        """Marks of one name, or fields of one network, that say different things."""
        return self._disputed(item, [self._taken(Answer(item, "open"), one) for one in candidates])

    def _network(self, item: Item, part: NetworkPart) -> Answer:
        """A network from its fields, or whole: marked in YAML."""
        whole = self.written.candidates.best(item.name)
        if _differ(whole):
            return self._several(item, whole)
        if whole:
            return self._whole(item, part, whole[0])
        given: dict[str, Candidate] = {}
        for name in part.slots:
            candidates = self.written.candidates.best(item.name, name)
            if _differ(candidates):
                return self._several(item, candidates)
            given.update({name: candidates[0]} if candidates else {})
        if not any(name.startswith("W") for name in given):
            return self._unread(item, item.part)
        entries = tuple((self._scalar(one.text, name), self._scalar(one.text)) for name, one in given.items())
        first = next(iter(given.values()))
        value = self.nodes[item.part] = document.Mapping(self._scalar(first.text).line, 1, entries=entries)
        found = part_kinds.read(_NO_FILE, (item,), part, value, self.config)
        answer = found.answers[0]
        self.messages += [Paragraph(text) for text in found.messages]
        least = next((one for one in given.values() if one.how == "found"), first)
        text = "\n".join(f"{name} = {self.written.sources.typed(one.text)}" for name, one in given.items())
        return replace(self._taken(answer, replace(first, how=least.how)), typed=shown(text))

    def _whole(self, item: Item, part: Part, candidate: Candidate) -> Answer:
        """A part that was marked as it stands in answers.yaml."""
        try:
            found = document.salvage(candidate.text.text)
        except document.Unreadable:
            found = _NO_FILE
        line = self.written.sources.place(candidate.text.start).line
        value = self.nodes[item.part] = found.root or self._scalar(candidate.text)
        answer = part_kinds.read(found, (item,), part, value, self.config).answers[0]
        return self._taken(replace(answer, typed=shown(candidate.text.text), line=line), candidate)

    def _graph(self, item: Item, part: GraphPart) -> Answer:
        marked = (*self.written.candidates.best(item.name), *self.written.candidates.best(item.name, "edges"))
        if _differ(marked):
            return self._several(item, marked)
        lines = self.written.candidates.lines.get(item.part, [])
        candidates = marked[:1] or tuple(Candidate(line, "found") for line in lines)
        if not candidates:
            return self._unread(item, item.part)
        scalars = tuple(self._scalar(one.text) for one in candidates)
        value = document.Sequence(scalars[0].line, 1, items=scalars)
        edges = self._scalar(candidates[0].text, "edges")
        self.nodes[item.part] = document.Mapping(edges.line, 1, entries=((edges, value),))
        answer = part_kinds.read(_NO_FILE, (item,), part, value, self.config).answers[0]
        text = "\n".join(scalar.text for scalar in scalars)
        return replace(self._taken(answer, candidates[0]), typed=shown(text))

    def _equations(self, items: tuple[Item, ...], part: BackwardPart) -> Iterator[Answer]:
        marked = {item.name: self.written.candidates.best(item.name) for item in items}
        fields = tuple(
            (self._scalar(found[0].text, item.path[0]), self._scalar(found[0].text))
            for item in items
            if (found := marked[item.name])
        )
        lines = self.written.candidates.lines.get(items[0].part, [])
        if len(lines) > _EQUATIONS:
            says = Paragraph(f"More than {_EQUATIONS:,} equations stand here, and were not read. A person will look.")
            yield from (open_(item, says) for item in items)
            return
        as_marked = document.Mapping(1, 1, entries=fields)
        as_found = document.Sequence(1, 1, items=tuple(self._scalar(text) for text in _continued(lines)))
        by_mark = self._read_equations(items, part, as_marked, as_found if lines else None) if fields else {}
        by_label = self._read_equations(items, part, as_found) if lines else {}
        if fields or lines:
            self.nodes[items[0].part] = as_marked if fields else as_found
        for item in items:
            if _differ(marked[item.name]):
                yield self._several(item, marked[item.name])
            elif item.name in by_mark and by_mark[item.name].status != "missing":
                yield self._taken(by_mark[item.name], marked[item.name][0])
            elif item.name in by_label and by_label[item.name].status != "missing":
                answer = by_label[item.name]
                # An equation stands where it begins or below: "1" and "-1" stand in many a line.
                near = sorted(lines, key=lambda one: self._line(one) < (answer.line or 0))
                yield self._taken(answer, Candidate(_standing(answer, near), "found"))
            elif strays := self._strays(lines, by_label.values()):
                yield self._stray(item, strays)
            elif lines or any(marked.values()):
                yield missing(item, Paragraph(_NOTHING.format(file=self.written.name, item=item.name)))
            else:
                yield self._unread(item, item.part)

    def _strays(self, lines: Iterable[Sourced], answers: Iterable[Answer]) -> list[Sourced]:
        """The equations of a gradient of which none can tell what it is the gradient of."""
        told = {answer.line for answer in answers if answer.status != "missing"}
        return [one for one in lines if _GRADIENT.match(one.text) and self._line(one) not in told]

    def _line(self, text: Sourced) -> int:
        return self.written.sources.place(text.start).line

    def _stray(self, item: Item, strays: list[Sourced]) -> Answer:
        """Open: one of some equations may be the answer."""
        texts = ", ".join(f"“{self.written.sources.typed(one)[:60]}” (line {self._line(one)})" for one in strays[:5])
        says = f"It may be one of the equations whose left sides cannot be told: {texts}. A person will look."
        return replace(open_(item, Paragraph(says)), line=self._line(strays[0]))

    def _keep(self, item: Item, value: document.Scalar) -> None:
        """Puts the answer to an item into its part, as a file of answers has it."""
        part = self.nodes.get(item.part)
        entries = part.entries if isinstance(part, document.Mapping) else ()
        if len(item.path) == 1:
            added: tuple[document.Scalar, document.Node] = (replace(value, text=item.path[0]), value)
        else:
            inner = next((one for key, one in entries if key.text == item.path[0]), None)
            inside = inner.entries if isinstance(inner, document.Mapping) else ()
            field = replace(value, text=item.path[1])
            group = document.Mapping(value.line, 1, entries=(*inside, (field, value)))
            entries = tuple(entry for entry in entries if entry[0].text != item.path[0])
            added = (replace(value, text=item.path[0]), group)
        self.nodes[item.part] = document.Mapping(value.line, 1, entries=(*entries, added))

    def _read_equations(
        self, items: tuple[Item, ...], part: BackwardPart, value: document.Node, beside: document.Node | None = None
    ) -> dict[str, Answer]:
        found = part_kinds.read(_NO_FILE, items, part, value, self.config, beside)
        self.messages += [Paragraph(text) for text in found.messages[:20]]
        return {answer.item.name: answer for answer in found.answers}

    def _unread(self, item: Item, part: str) -> Answer:
        """A part of which nothing was taken: open where something stands there all the same, else missing."""
        if part in self.written.candidates.drawn:
            return open_(item, Paragraph("The write-up shows a picture here, which a person has to look at."))
        texts = [text for text in self.written.candidates.passages.get(part, []) if not given_up(text.text)]
        if not texts:
            return missing(item, Paragraph(_NOTHING.format(file=self.written.name, item=item.name)))
        says = Paragraph("What stands here in the write-up is no answer that can be read. A person will look.")
        return self._taken(open_(item, says), Candidate(texts[0], "found"))

    def _taken(self, answer: Answer, candidate: Candidate) -> Answer:
        """The answer with how and where it was taken."""
        place = self.written.sources.place(candidate.text.start)
        text = self.written.sources.typed(candidate.text)
        taken = Taken(candidate.how, shown(text), place.file, place.line, place.cell)
        return replace(answer, taken=taken, typed=shown(text), line=place.line)

    def _scalar(self, text: Sourced, instead: str | None = None) -> document.Scalar:
        """A text as it would stand in a file of answers, with its own line."""
        line = self.written.sources.place(text.start).line
        return document.Scalar(line, 1, text=text.text if instead is None else instead, plain=False)


_GRADIENT = re.compile(r"\s*\\(?:overline|bar|frac\s*\{\s*(?:\\partial|d)\s*\\?(?:mathcal)?\s*\{?J)(?![A-Za-z])[^=]*=")
_EQUATIONS = 1000
_NO_FILE = document.Document(None, "")
_NOTHING = "No answer was found in {file}. Mark it there as {item}, or type it into answers.yaml."


def _differ(candidates: Iterable[Candidate]) -> bool:
    """Whether texts of one name are not the same, blanks aside."""
    return len({"".join(one.text.text.split()) for one in candidates}) > 1


def _same(one: Answer, other: Answer) -> bool:
    """Whether two texts say the same: as mathematics, or by their letters."""
    if one.status == other.status == "read" and hasattr(one.value, "node") and hasattr(other.value, "node"):
        return one.value.node == other.value.node or formulas.equal(one.value.node, other.value.node)
    return one.typed.split() == other.typed.split()


def _continued(lines: Iterable[Sourced]) -> Iterator[Sourced]:
    """Equations with the rows that go on from them: a row that begins with an equals sign or an operator."""
    pending: list[Sourced] = []
    for line in lines:
        if pending and not line.text.lstrip().startswith(("=", "+", "-", "\\circ", "\\odot", "\\cdot", "\\times")):
            yield from _as_one(pending)
            pending = []
        pending.append(line)
    yield from _as_one(pending)


def _as_one(rows: list[Sourced]) -> Iterator[Sourced]:
    if rows:
        text = "\n".join(row.text for row in rows)
        spans: list[tuple[int, int]] = []
        for row in rows:
            spans += [*row.spans, row.spans[-1]]
        yield Sourced(text, tuple(spans[: len(text)]))


def _standing(answer: Answer, lines: Iterable[Sourced]) -> Sourced:
    """Where the last member of an equation stands among the lines that were read."""
    last = answer.typed.strip()
    for line in lines:
        at = line.text.rfind(last)
        if at >= 0:
            return line[at : at + len(last)]
    member = last.rsplit("=", 1)[-1].strip()
    for line in lines if "\\end" not in member else ():
        if (at := line.text.rfind(member)) >= 0:
            return line[at:]
    begins = _squeezed(last)[:20]
    return next((line for line in lines if begins in _squeezed(line.text)), next(iter(lines)))


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]|\\(?:left|right)", "", text)
