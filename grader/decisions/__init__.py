"""What people decided of answers, in a file that they can read and write: ``decisions.yaml``."""

from grader.decisions.file import FILE, about, change
from grader.decisions.reading import NONE, Decision, Decisions, Faulty, load, read

__all__ = ["FILE", "NONE", "Decision", "Decisions", "Faulty", "about", "change", "load", "read"]
