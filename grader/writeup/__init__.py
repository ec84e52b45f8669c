"""A write-up as a submission: which text of it answers which item, how that was told, and where it stands."""

from grader.writeup.reading import Unreadable, WriteUp, is_write_up, main_files, read

__all__ = ["Unreadable", "WriteUp", "is_write_up", "main_files", "read"]
