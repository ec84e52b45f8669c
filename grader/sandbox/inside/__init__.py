"""What runs on the other side of the wall. It imports the standard library and numpy, and nothing of the grader's."""

LAYERS = ("limits", "chroot", "uid", "capabilities", "no_new_privs", "landlock", "landlock_all", "seccomp", "seatbelt")
"""The layers of the wall in the order in which a process puts them on; also the bits that it announces them with.
``landlock_all`` also refuses TCP, and signals out of the process; ``seatbelt`` is macOS's."""
