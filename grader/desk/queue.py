"""What waits for a person in the folder of a batch: equal answers are one case, the largest causes come first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from grader.batch import causes
from grader.batch.store import Store
from grader.decisions import Decision, Decisions, text
from grader.frozen import frozen
from grader.grading import Homework
from grader.grading.deciding import Deciding, keys, undecided
from grader.report import ItemReport, Verdict


@frozen
class Answered:
    """One submission's answer, with who handed it in."""

    submission: str
    who: str
    item: ItemReport


@frozen
class Case:
    """Answers that say the same and wait for the same reason."""

    cause: str
    answers: tuple[Answered, ...]

    @property
    def first(self) -> ItemReport:
        return self.answers[0].item

    @property
    def spellings(self) -> tuple[str, ...]:
        """The different texts, the most frequent first."""
        found = [text(one.item.typed) for one in self.answers]
        return tuple(sorted(dict.fromkeys(found), key=lambda typed: -found.count(typed)))


def cases(store: Store, homework: Homework) -> tuple[Case, ...]:
    """The cases of a folder, those of one cause together; decided ones that came to wait by a run before are out."""
    found: dict[tuple[Verdict, str], dict[tuple[str, str], list[Answered]]] = defaultdict(lambda: defaultdict(list))
    asked = {item.name for item in homework.config.items}
    for entry in store.roster().entries:
        stored = store.get(entry.name) if store.may_wait(entry.name) else None
        if stored is None:
            continue
        for item in stored.report.items:
            if causes.waits(item) and item.item in asked:
                item = undecided(item)
                cause = (item.finding.verdict, causes.shared(item.finding))
                meaning = next(keys(item, homework.config), f"submission {entry.name}")
                found[cause][item.item, meaning].append(Answered(entry.name, entry.who, item))
    by_size = sorted(found.items(), key=lambda one: -sum(map(len, one[1].values())))
    return tuple(
        Case(f"{verdict}: {reason}", tuple(answers))
        for (verdict, reason), groups in by_size
        for answers in sorted(groups.values(), key=lambda one: -len(one))
    )


def decided(case: Case, deciding: Deciding) -> ItemReport | None:
    """The first answer of a case as it is decided; None where one of its answers is not."""
    found = [deciding.item(one.item, (one.submission,)) for one in case.answers]
    if all(item.decided for item in found):
        return found[0]
    return None


def credited(case: Case, outcome: Decision, homework: Homework) -> tuple[Decision, ...]:
    """The decisions that give every answer of a case this outcome: one for all that say the same, if one can."""
    first = case.first
    for answer in dict.fromkeys([first.typed.strip(), text(first.understood), text(first.finding.canonical)]):
        if answer:
            one = replace(outcome, item=first.item, answer=answer)
            if decided(case, Deciding(Decisions((one,)), homework)) is not None:
                return (one,)
    return tuple(_single(case, outcome))


def reread(case: Case, outcome: Decision, homework: Homework) -> tuple[Decision, ...]:
    """The decisions that have every answer of a case read anew: one a text, or a submission where there is none."""
    by_text = tuple(replace(outcome, item=case.first.item, answer=typed) for typed in case.spellings if typed)
    deciding = Deciding(Decisions(by_text), homework)
    if all(deciding.reading(one.item.item, one.item.typed, (one.submission,)) for one in case.answers):
        return by_text
    return tuple(_single(case, outcome))


def _single(case: Case, outcome: Decision) -> Iterator[Decision]:
    for one in case.answers:
        yield replace(outcome, item=one.item.item, submission=one.submission)
