"""The two zips: the one to upload to Gradescope, and the one to hand out to students."""

from grader.package.gradescope import build as gradescope
from grader.package.student import build as student

__all__ = ["gradescope", "student"]
