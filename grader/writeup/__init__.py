"""A write-up as a submission: which text of it answers which item, how that was told, and where it stands."""

from grader.writeup.candidates import Candidate
from grader.writeup.reading import Unreadable, WriteUp, main_files, read
from grader.writeup.rules import given_up
from grader.writeup.sources import Sourced

__all__ = [
    "Candidate",
    "Sourced",
    "Unreadable",
    "WriteUp",
    "given_up",
    "main_files",
    "read",
]
