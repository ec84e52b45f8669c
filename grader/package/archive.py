"""A zip that is the same byte for byte wherever and whenever it is made from the same files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

SUFFIXES = frozenset({".py", ".lark", ".html", ".css", ".js", ".md", ".json", ".yaml"})
"""What a package of ours is made of. A list of what goes in: a stray file stays out without anyone thinking of it."""

_EARLIEST = (1980, 1, 1, 0, 0, 0)


def build(files: Mapping[str, bytes], runnable: frozenset[str] = frozenset()) -> bytes:
    """The zip of these files, with the run bit on the ``runnable`` ones.

    Stored, not compressed: compressors differ between machines, and the whole is a megabyte.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.create_system = 3  # Unix, on every system: the run bit counts
            entry.external_attr = (0o100755 if name in runnable else 0o100644) << 16
            archive.writestr(entry, files[name].replace(b"\r\n", b"\n"))
    return stream.getvalue()


def sources(folder: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """The source files of a Python package, under ``name/``. Links and caches stay out."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith((".", "__pycache__")) for part in inside.parts)
        if path.is_file() and not path.is_symlink() and not hidden and path.suffix in SUFFIXES:
            yield f"{name}/{inside.as_posix()}", path.read_bytes()
