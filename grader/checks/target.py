"""What an answer is held against: the right answer, and others that are accepted or partly accepted, each as nodes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from grader.language.nodes import Node
from grader.report import Block, Finding, Paragraph, Verdict


@dataclass(frozen=True)
class Accepted:
    """A further answer that earns ``credit`` (a share of the points), with the message that goes with it."""

    node: Node
    credit: Fraction
    message: str


@dataclass(frozen=True)
class Target:
    node: Node
    accepted: tuple[Accepted, ...] = ()


def finding(alternative: Accepted, code: str, canonical: str) -> Finding:
    """The finding for an answer that equals a further accepted one."""
    verdict = (
        Verdict.CORRECT if alternative.credit == 1 else Verdict.PARTIAL if alternative.credit else Verdict.INCORRECT
    )
    hint = {Verdict.CORRECT: None, Verdict.PARTIAL: "It is right in part.", Verdict.INCORRECT: "It is not right."}
    blocks: tuple[Block, ...] = (Paragraph(alternative.message, hint[verdict]),) if alternative.message else ()
    return Finding(verdict, blocks, code, alternative.credit, canonical)
