"""The kinds of answer, in one table: a row has all that the grader does with the answer to a part of one kind.

Whoever has a part asks its row; nobody else asks what kind it is of. A new kind is a row here and in ``PART_KINDS`` of
the config (what is stated of it, its items), a reader and a check; ``docs/adding-a-kind.md`` says how. A part of kind
``fields`` asks in turn the rows of its fields, ``FIELDS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial, reduce
from operator import getitem
from typing import TYPE_CHECKING, Any, Literal

from grader import slips
from grader.assignment.answer_key import AnswerKey
from grader.assignment.config import Config, Item, SelfCheck, Shares
from grader.checks import backward, formula, graph, network, target, values
from grader.checks.target import Target
from grader.forms import equations, fields, graph as edges, network as weights
from grader.forms.answer import Answer, Answers, PartAnswers, Typed, whole
from grader.forms.asking import Schema
from grader.frozen import frozen
from grader.language import reading
from grader.language.reading import Reading
from grader.mutation import brute_force, mutants
from grader.mutation.mutants import Change
from grader.report import Exhibit, Finding, Verdict
from grader.slips import Slip

if TYPE_CHECKING:
    from grader.forms.write_up import Passages

Symbols = tuple[str, ...]


@frozen
class FieldKind:
    """How answers to fields of one kind are treated.

    ``read`` takes a student's text, and the reference's; it raises ``Unreadable``. ``judge`` holds what was read
    against the reference. ``asked`` stands in the template beside the empty field, ``described`` in the JSON Schema;
    both may hold ``{symbols}`` and ``{shape}``. ``slips`` are what the audit puts into the right answer; numbers in an
    array are changed one by one and need none.
    ``exchangeable``: a remark points out two answers that stand in each other's place.
    """

    read: Callable[[str, Symbols], Reading]
    judge: Callable[[Reading, Target, Symbols, Shares], Finding]
    asked: str
    described: str
    slips: Callable[[Symbols], tuple[Slip, ...]] = lambda symbols: ()
    exchangeable: bool = False


FIELDS = {
    "formula": FieldKind(
        reading.formula,
        formula.judge,
        "a formula in {symbols}",
        "A formula in {symbols}, such as 'n^5 + 4n'. Quote it if it holds ': ', '#', or begins with a sign.",
        slips.formula,
        exchangeable=True,
    ),
    "order": FieldKind(
        reading.order,
        formula.judge_order,
        "an order in {symbols}, such as O(...)",
        "An order in {symbols}, such as 'O(n^5)'.",
        slips.formula,
    ),
    "condition": FieldKind(
        reading.condition,
        formula.judge_condition,
        "a condition on {symbols}, with <, <=, >, >= or =",
        "A condition on {symbols}, such as '{example}'.",
        slips.condition,
    ),
    "vector": FieldKind(
        lambda text, symbols: reading.vector(text),
        partial(values.judge, vector=True),
        "a vector of {shape} numbers",
        "A vector of {shape} numbers, such as [1, 2, 3].",
    ),
    "matrix": FieldKind(
        lambda text, symbols: reading.array(text),
        values.judge,
        "a {shape} matrix, row by row",
        "A matrix of {shape} numbers: a list of rows, such as [[1, 2], [3, 4]].",
    ),
}
"""The kinds of field in a part of kind ``fields``."""


@frozen
class Question:
    """What a check is asked: items that are judged in one go, beside all answers; one of them can be read.

    ``problem`` is what the part's row made of the config and the reference.
    """

    items: tuple[Item, ...]
    given: Answers
    problem: Any
    config: Config

    @property
    def answer(self) -> Answer:
        """The answer, where the items are one."""
        (item,) = self.items
        return self.given.items[item.name]


@frozen
class PartKind:
    """How answers to parts of one kind are treated. Of a part they are given what the config states of it.

    Asked for: ``template`` gives the lines that ask for it in answers.yaml, ``schema`` its JSON Schema.
    Read: ``read`` takes what stands under the part, at most so many ``values``; ``written`` what a write-up says of it.
    Judged: ``problem`` is made once of the part's name, the config and, where there is one, the answer key; it raises
    ``Faulty``. ``judge`` gives the findings, by item; ``self_check``: whether a student's own check does so, and
    ``drawn`` what is drawn of an answer where it does not. ``together``: the items of a part are judged in one go;
    ``program``: also by what a student's program returns; ``size``: how large an answer is, where judging it may take
    seconds. ``meaning``: what equal answers share.
    Audited: ``changes`` are the slips in the right answer to an item, ``behaviour`` is what an answer means, found out
    by trying, with other answers of the part as they are in the first of two.
    """

    read: Callable[[Typed], PartAnswers]
    judge: Callable[[Question], Mapping[str, Finding]]
    template: Callable[[Any, tuple[Item, ...]], Iterator[str]]
    schema: Callable[[Any, Config], Schema]
    changes: Callable[[Item, Config, Any], Iterator[Change]]
    behaviour: Callable[[Item, Config, Any, Any], Iterator[Any]]
    written: Callable[[Passages], PartAnswers] = lambda passages: passages.whole()
    problem: Callable[[str, Config, AnswerKey | None], Any] = lambda name, config, key: config.parts[name]
    self_check: Callable[[SelfCheck], bool] = lambda stated: False
    drawn: Callable[[Question], Exhibit | None] = lambda asked: None
    together: bool = False
    program: bool = False
    size: Callable[[Any], int] | None = None
    values: int | None = 2000
    meaning: Literal["finding", "understood"] = "finding"


_examined = lru_cache(maxsize=1000)(network.examine)
"""Most of a class's networks are one of a few, and judging one takes longer than all else, also where it stays open."""


def _backward(asked: Question) -> dict[str, Finding]:
    """Typed equations, and for the variables without one the values of the student's program."""
    items, given = asked.items, asked.given
    equations = {item.variable: one.value for item in items if (one := given.items[item.name]).status == "read"}
    returned = None
    if given.program is not None and len(equations) < len(items):
        returned = backward.returned(given.program, given.beside, asked.problem, asked.config)
    found = backward.judge(equations, asked.problem, asked.config.rubric, returned)
    # Where the program has nothing to say, what was typed and cannot be read is the better thing to be told.
    unread = {item.variable for item in items if given.items[item.name].status == "invalid"}
    kept = {name for name, finding in found.items() if finding.verdict is not Verdict.MISSING or name not in unread}
    return {item.name: found[item.variable] for item in items if item.variable in kept}


def _field(asked: Question) -> dict[str, Finding]:
    (item,) = asked.items
    row = FIELDS[item.kind]
    shares = asked.config.rubric.partial
    finding = row.judge(asked.answer.value, asked.problem[item.name], item.symbols, shares)
    if row.exchangeable and finding.credit < 1:
        items = asked.config.items_of[item.part]
        read = {
            one.name: answer.value.node for one in items if (answer := asked.given.items[one.name]).status == "read"
        }
        finding = formula.exchanged(finding, item, read, asked.problem, items)
    return {item.name: finding}


def read_field(item: Item, text: str) -> Reading:
    """The text of an answer, read for its item. Raises ``Unreadable``."""
    return FIELDS[item.kind].read(text, item.symbols)


def _slips(item: Item, config: Config, answer: Any) -> Iterator[Change]:
    """The slips in the right answer to a field, where ``answer`` is the one to its part."""
    answer = reduce(getitem, item.path, answer)
    if item.shape:
        return mutants.values(item.path, answer)
    return mutants.typed(item.path, read_field(item, str(answer)).node, FIELDS[item.kind].slips(item.symbols))


PARTS = {
    "network": PartKind(
        read=whole(weights.answer),
        judge=lambda asked: {asked.items[0].name: _examined(asked.answer.value, asked.problem)},
        template=lambda part, items: weights.template(part),
        schema=lambda part, config: weights.schema(part, config.limits.layers),
        changes=lambda item, config, answer: mutants.network((), answer),
        behaviour=lambda item, config, base, answer: brute_force.network(config.parts[item.part], answer),
        written=lambda passages: passages.whole("W"),
        problem=lambda name, config, key: network.problem(name, config, self_check=key is None),
        self_check=lambda stated: stated.networks,
        size=lambda answer: sum(layer.width * len(layer.weights[0]) for layer in answer.layers),
        values=None,
    ),
    "graph": PartKind(
        read=whole(edges.answer),
        judge=lambda asked: {
            asked.items[0].name: graph.judge(asked.answer.value, asked.problem, asked.config.rubric.partial.graph)
        },
        template=lambda part, items: edges.template(),
        schema=lambda part, config: edges.schema(),
        changes=lambda item, config, answer: mutants.graph(answer["edges"]),
        behaviour=lambda item, config, base, answer: iter([frozenset(answer["edges"])]),
        written=lambda passages: passages.edges(),
        drawn=lambda asked: graph.typed(asked.answer.value, asked.problem),
        problem=lambda name, config, key: graph.problem(name, config),
    ),
    "backward": PartKind(
        read=whole(equations.answers),
        judge=_backward,
        template=lambda part, items: equations.template(items),
        schema=lambda part, config: equations.schema(part, config.procedures[part.procedure]),
        changes=mutants.equations,
        behaviour=brute_force.equations,
        written=lambda passages: passages.equations(),
        problem=lambda name, config, key: backward.problem(name, config),
        self_check=lambda stated: stated.backward,
        together=True,
        program=True,
        meaning="understood",
    ),
    "fields": PartKind(
        read=lambda typed: fields.read(typed, read_field),
        judge=_field,
        template=lambda part, items: fields.template(part, items, {name: row.asked for name, row in FIELDS.items()}),
        schema=lambda part, config: fields.schema(part, {name: row.described for name, row in FIELDS.items()}),
        changes=_slips,
        behaviour=lambda item, config, base, answer: brute_force.field(
            item, str(reduce(getitem, item.path, answer)), read_field
        ),
        written=lambda passages: passages.fields(),
        problem=lambda name, config, key: (
            {}
            if key is None
            else target.read(config.items_of[name], key, lambda item, text: read_field(item, text).node)
        ),
    ),
}
"""The kinds of part."""


def of(item: Item, config: Config) -> PartKind:
    """The row of an item's part."""
    return PARTS[config.parts[item.part].kind]
