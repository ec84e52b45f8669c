"""The rubric put to the test: what is right earns every point, and what is not loses some, where it is wrong."""

from grader.audit.findings import blocks
from grader.audit.trial import Audit, Loss, run

__all__ = ["Audit", "Loss", "blocks", "run"]
