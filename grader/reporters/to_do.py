"""What a student's own check leaves to do: the items that have something wrong or missing, by verdict."""

from __future__ import annotations

from grader.report import Report, Verdict

UNCHECKED = "self_check.read"
"""The code of an item that the self-check has read and leaves to be marked after submission."""

NOT_A_MARK = "This is not a mark: most answers are only read here, and marked after submission."
FAULT = "The grader has a fault: not everything could be checked. It is not your mistake."

_MESSAGES = {
    Verdict.INVALID: "cannot be read",
    Verdict.MISSING: "unanswered",
    Verdict.INCORRECT: "wrong",
    Verdict.PARTIAL: "partly right",
    Verdict.REVIEW: "not decided here",
}


def lines(report: Report) -> list[tuple[Verdict, str, tuple[str, ...]]]:
    """Verdict, message and items of each line of the summary; that all is well where there is nothing to do."""
    total, found = len(report.items), []
    checked = [item for item in report.items if item.finding.code != UNCHECKED]
    for verdict, message in _MESSAGES.items():
        names = tuple(item.item for item in checked if item.finding.verdict is verdict)
        if names:
            found.append((verdict, f"{len(names)} of {total} {message}", names))
    return found or [(Verdict.CORRECT, f"All {total} answers can be read.", ())]
