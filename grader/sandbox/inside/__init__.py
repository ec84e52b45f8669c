"""What runs on the other side of the wall. It imports the standard library and numpy, and nothing of the grader's."""

from dataclasses import dataclass
from typing import Literal

LAYERS = ("limits", "chroot", "uid", "capabilities", "no_new_privs", "landlock", "landlock_all", "seccomp", "seatbelt")
"""The layers of the wall in the order in which a process puts them on. ``landlock_all`` also refuses TCP, and signals
out of the process; ``seatbelt`` is macOS's."""

Failure = Literal["syntax", "import", "exception", "exit", "memory", "function", "return"]
"""What a program may say went wrong with itself."""

Missing = Literal["nothing", "text", "complex", "ragged", "large", "other"]
"""Why a value that a program returned is no array of numbers: it is ``None``; text; complex numbers; lists of different
lengths; more than can be told; anything else."""

NAMES, NAME_LENGTH, DIMENSIONS, VALUES = 256, 64, 8, 1_000_000
"""The most that one call may return: arrays, bytes in a name, dimensions of an array, numbers in all of them."""

TEXT_LENGTH = 2_000
"""The most that is told of an error, in bytes."""


@dataclass(frozen=True)
class NotAnArray:
    """In the place of a value that is no array of numbers."""

    reason: Missing
