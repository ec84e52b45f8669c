"""What runs on the other side of the wall. It imports the standard library and numpy, and nothing of the grader's."""

from dataclasses import dataclass

LAYERS = ("limits", "chroot", "uid", "capabilities", "no_new_privs", "landlock", "landlock_all", "seccomp", "seatbelt")
"""The layers of the wall in the order in which a process puts them on; also the bits that it announces them with.
``landlock_all`` also refuses TCP, and signals out of the process; ``seatbelt`` is macOS's."""

NOT_ARRAYS = ("nothing", "text", "complex", "ragged", "large", "other")
"""Why a value that a program returned is no array of numbers: it is ``None``; text; complex numbers; lists of different
lengths; more than can be told; anything else."""


@dataclass(frozen=True)
class NotAnArray:
    """In the place of a value that is no array of numbers; ``reason`` is one of ``NOT_ARRAYS``."""

    reason: str
