"""An audit in words and tables."""

from __future__ import annotations

from grader.audit.trial import Audit, Loss, in_order
from grader.report import Block, Paragraph, Table
from grader.reporters import visible


def blocks(audit: Audit) -> tuple[Block, ...]:
    """What was tried, how many mutants were caught, and a list of whatever was not marked as it should be."""
    others = f", {audit.alternatives} further accepted answer{'s' if audit.alternatives != 1 else ''}"
    earned = f"The reference earns every point in all {audit.items} items{others if audit.alternatives else ''}."
    if audit.unearned:
        earned = "The reference, or an answer that it accepts, does not earn what it should."
    caught = f"{audit.caught} of {audit.mutants} mutants of it were caught: they lost points in their own item alone."
    same = f"{audit.same} more mean the same as the reference, by brute force"
    same += f"; {len(audit.punished)} of them lost points." if audit.punished else ", and kept their points."
    found: list[Block] = [Paragraph(text) for text in (earned, caught, same)]
    for losses, says in (
        (audit.unearned, "Not earned"),
        (audit.escaped, "Escaped: wrong, and not marked so"),
        (audit.spilled, "Points lost in another item"),
        (audit.punished, "Lost points, though no input tells it from the reference"),
    ):
        if losses:
            rows = tuple(map(_row, in_order(losses)))
            found += [Paragraph(""), Table(("item", "slip", "typed", "marked"), rows, says)]
    return tuple(found)


def _row(loss: Loss) -> tuple[str, ...]:
    typed, why = (visible.text(text.replace("\n", " "), keep="", limit=160) for text in (loss.typed, loss.why))
    return loss.item, loss.slip, typed, why
