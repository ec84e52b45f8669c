"""Runs a student's Python in another process that holds no secret and can do nothing but compute and answer."""

from grader.sandbox.fork_server import Unavailable, stop, warm
from grader.sandbox.outcome import LEVELS, Limits, Outcome, Reason
from grader.sandbox.promise import Rating, Sentence, rating, sentences
from grader.sandbox.running import run

__all__ = [
    "LEVELS",
    "Limits",
    "Outcome",
    "Rating",
    "Reason",
    "Sentence",
    "Unavailable",
    "rating",
    "run",
    "sentences",
    "stop",
    "warm",
]
