"""One submission, marked: every check run over its answers, and nothing that goes wrong in one able to cost another."""

from grader.grading.deciding import Deciding
from grader.grading.marking import Emit, Findings, Homework, judged, mark, outline

__all__ = ["Deciding", "Emit", "Findings", "Homework", "judged", "mark", "outline"]
