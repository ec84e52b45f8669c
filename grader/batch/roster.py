"""The submissions of a class: found in a folder, a zip of one, or a Gradescope export, each with who handed it in.

What one holds is known byte by byte: its fingerprint, and its files, taken out of the zip of a class. Of what an export
says of its submissions, one entry at a time, every scalar is taken as the text that stands there, so a student number
``00123`` stays one, no tag ever becomes an object, and the memory needed is that of the largest entry.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from fractions import Fraction
from functools import partial
from itertools import accumulate, chain, count
from pathlib import Path, PurePosixPath
from typing import IO, Any

import yaml

from grader.assignment.config import Limits
from grader.decisions import whose
from grader.frozen import frozen
from grader.submission.archives import BROKEN

METADATA = "submission_metadata.yml"
CLASS = "class.json"
"""The file that a batch keeps beside its results."""
_ONLINE = "submission_metadata.csv"
_ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar")
_ANSWERS = frozenset({"answers.yaml", "answers.yml"})
_LOOSE = re.compile(r"(?is)(?!readme).*\.(?:yaml|yml|tex|md|markdown|ipynb|pdf)")
_ENDING = re.compile(r"(?i)\.(?:zip|tar\.gz|tgz|tar|yaml|yml|tex|md|markdown|ipynb|pdf)\Z")
_ONE_SUBMISSION = frozenset({"answers", "homework", "main"})
"""Names that files have inside one submission, and the files of a class do not."""
_MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)", re.DOTALL)
"""A folder for each student, or all their files in one folder."""
_CANVAS = re.compile(r"(?P<name>.+?)_(?P<late>LATE_)?(?P<id>\d+)_\d+_(?P<file>.+)", re.DOTALL)
"""All files in one folder; the second number is the submission's."""
_DEEPEST_METADATA = 3
_DEEPEST_ENTRY = 60
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 50
_LONGEST_NAME = 120
_CHUNK = 1 << 20
_MOST_FILES = 20_000


class Unsuitable(Exception):
    """A path, a file or an address that cannot be used; the message says what is there instead."""


@frozen
class Submitter:
    """A person; what the export does not know is empty."""

    name: str = ""
    sid: str = ""
    email: str = ""


@frozen
class Recorded:
    """What the export says of the marking: ``score`` is None where there is none; ``items`` are scores by name."""

    score: Fraction | None = None
    status: str = ""
    items: dict[str, Fraction] = field(default_factory=dict)


@frozen
class Entry:
    """One submission: what stands at some ``places`` in the folder or zip at ``path``.

    ``path`` is None for a submission that an export lists without files. With each place goes its name in the
    submission, which is empty for a folder, an archive or a file that is all of it. ``name`` is unique in the class,
    and good as a file name everywhere.
    """

    name: str
    path: Path | None = None
    places: tuple[tuple[str, str], ...] = ()
    submitters: tuple[Submitter, ...] = ()
    recorded: Recorded = field(default_factory=Recorded)

    @property
    def who(self) -> str:
        """The people behind it, each by the first that is known of name, address and number; else its own name."""
        return ", ".join(filter(None, (one.name or one.email or one.sid for one in self.submitters))) or self.name

    def known(self, field: str) -> str:
        """What is known of all its submitters under one name."""
        return "; ".join(filter(None, (getattr(person, field) for person in self.submitters)))


@frozen
class Roster:
    """The class, in the order of the source; ``messages`` say what was left out and why."""

    entries: tuple[Entry, ...] = ()
    exported: bool = False
    messages: tuple[str, ...] = ()


def placed(job: Mapping[str, Any]) -> Entry:
    """The submission that a job is about, as it says itself: name, path, places."""
    places = tuple((str(place), str(name)) for place, name in job["places"])
    return Entry(job["name"], Path(job["path"]) if job["path"] else None, places)


def read(path: Path, out: Path | None = None) -> Roster:
    """The submissions at a path, of which ``out`` is none, nor any folder that marks were written to before.

    Raises ``Unsuitable``, ``OSError``.
    """
    if path.is_dir():
        files = sorted(_shallow(path, _DEEPEST_METADATA, out.resolve() if out else None))
        found = {file.relative_to(path).as_posix(): file.is_dir() for file in files}
        return _read(path, found, lambda name: open(path / name, "rb"))
    if not path.exists():
        raise Unsuitable(f"{path} does not exist")
    if not zipfile.is_zipfile(path):
        raise Unsuitable(f"{path} is neither a folder nor a zip file")
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN as error:
        raise Unsuitable(f"{path} cannot be read as a zip file: {error}") from None
    with archive:
        names: dict[str, bool] = {}
        infos: dict[str, zipfile.ZipInfo] = {}
        for info in archive.infolist():
            parts = parts_of(info.filename)
            if parts and not any(map(_noise, parts)):
                *folders, name = accumulate(parts, "{}/{}".format)
                names.update(dict.fromkeys(folders, True))  # a folder may only be there as part of a name
                names[name] = names.get(name, False) or info.is_dir()
                infos.setdefault(name, info)
        return _read(path, dict(sorted(names.items())), lambda name: archive.open(infos[name]))


def _shallow(folder: Path, depth: int, out: Path | None) -> Iterator[Path]:
    for child in folder.iterdir():
        if _noise(child.name) or child.resolve() == out:
            continue
        if (child / CLASS).is_file() and (child / "results").is_dir():  # a folder that a batch wrote to
            continue
        yield child
        if depth > 1 and child.is_dir() and not child.is_symlink():
            yield from _shallow(child, depth - 1, out)


def parts_of(name: str) -> tuple[str, ...] | None:
    """The parts of a name in an archive; None for a name that leaves it, or is deeper than any folder goes."""
    parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
    leaves = ".." in parts or name.startswith(("/", "\\")) or ":" in "".join(parts[:1])
    return parts if 0 < len(parts) <= _DEEPEST and not leaves else None


def _noise(name: str) -> bool:
    return name.startswith(".") or name in ("__MACOSX", "Thumbs.db", "desktop.ini")


def _read(path: Path, names: dict[str, bool], opened: Callable[[str], IO[bytes]]) -> Roster:
    """The class among names, of which each says whether it is a folder."""
    files = sorted((name for name, folder in names.items() if not folder), key=lambda name: (name.count("/"), name))
    exports = [name for name in files if name.rpartition("/")[2] == METADATA and name.count("/") < _DEEPEST_METADATA]
    if exports:
        return _exported(path, exports, names, opened)
    online = [name for name in files if name.rpartition("/")[2] == _ONLINE]
    if online:
        raise Unsuitable(
            f"{path} is the export of an online assignment ({online[0]}): its answers were typed into Gradescope's own "
            "form and are in that table, not in files. This grader reads exports of programming assignments, with "
            f"{METADATA} and a folder for each submission."
        )
    return _plain(path, names)


def _exported(path: Path, exports: list[str], names: dict[str, bool], opened: Callable[[str], IO[bytes]]) -> Roster:
    messages = []
    chosen, *others = exports
    if others:
        messages.append(f"{len(exports)} exports found; the first is read: {chosen}. Others: {', '.join(others)}")
    prefix = chosen.removesuffix(METADATA)
    here = _children(names, prefix)
    entries: dict[str, Entry] = {}
    listed = set()
    try:
        with opened(chosen) as stream:
            known = list(exported_entries(stream))
    except (Unsuitable, *BROKEN) as error:
        raise Unsuitable(f"{path}: {error}") from error
    for name, submitters, recorded in known:
        if name in entries:
            messages.append(f"{METADATA} lists {name} twice; the first entry is read")
            continue
        place = next((found for found in (name, *(name + ending for ending in _ARCHIVES)) if found in here), None)
        if place is None:
            messages.append(f"{name} is listed without files")
        listed.add(place)
        places = ((prefix + place, ""),) if place is not None else ()
        entries[name] = Entry(name, path if places else None, places, submitters, recorded)
    for name, folder in here.items():
        if folder and name not in listed and name not in entries:
            messages.append(f"{name} is not listed in {METADATA}: marked, without a name")
            entries[name] = Entry(name, path, ((prefix + name, ""),))
    return Roster(tuple(_named(entries.values())), True, tuple(messages))


def exported_entries(stream: IO[bytes]) -> Iterator[tuple[str, tuple[Submitter, ...], Recorded]]:
    """Each submission's name, its submitters and what is recorded of it, in the order of the file.

    Raises ``Unsuitable``, with the line.
    """
    try:
        events = yaml.parse(stream, Loader=_LOADER)
        begun = (yaml.StreamStartEvent, yaml.DocumentStartEvent)
        first = next(event for event in events if not isinstance(event, begun))
        if isinstance(first, yaml.StreamEndEvent):
            raise Unsuitable("submission_metadata.yml is empty")
        if isinstance(first, yaml.ScalarEvent) and not first.value:
            return
        if not isinstance(first, yaml.MappingStartEvent):
            raise Unsuitable("submission_metadata.yml does not map submissions to what is known of them")
        anchors: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            name = _key(_built(event, events, anchors))
            yield name, *_entry(_built(next(events), events, anchors))
    except (yaml.YAMLError, UnicodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error)
        raise Unsuitable(f"submission_metadata.yml{line}: {problem}") from error


def _built(event: Any, events: Iterator[Any], anchors: dict[str, Any], depth: int = 0, keep: bool = True) -> Any:
    """What begins with this event, as dicts, lists and text; an alias gives the same object, not a copy.

    Earlier attempts, which can be most of the file, are read over (``keep``).
    """
    if depth > _DEEPEST_ENTRY:
        raise Unsuitable(f"submission_metadata.yml is nested too deeply at line {event.start_mark.line + 1}")
    if isinstance(event, yaml.AliasEvent):
        return anchors.get(event.anchor or "")
    new = {yaml.SequenceStartEvent: list, yaml.MappingStartEvent: dict}.get(type(event))
    built: Any = new() if new else _scalar(event)
    if event.anchor is not None:
        anchors[event.anchor] = built
    while isinstance(built, list) and not isinstance(event := next(events), yaml.SequenceEndEvent):
        value = _built(event, events, anchors, depth + 1, keep)
        if keep:
            built.append(value)
    while isinstance(built, dict) and not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _key(_built(event, events, anchors, depth + 1))
        value = _built(next(events), events, anchors, depth + 1, keep and key != "history")
        if keep:
            built[key] = value
    return built


def _scalar(event: Any) -> str | None:
    text: str = event.value
    if event.tag in ("tag:yaml.org,2002:binary", "!binary"):
        with contextlib.suppress(ValueError):
            return base64.b64decode(text).decode("utf-8", "replace")
    plain = not event.style and not event.tag
    return None if plain and text in ("", "~", "null", "Null", "NULL") else text


def _key(built: Any) -> str:
    """``:name`` (a Ruby symbol) and ``name`` are one key."""
    return built.removeprefix(":") if isinstance(built, str) else ""


def _entry(known: Any) -> tuple[tuple[Submitter, ...], Recorded]:
    submitters = tuple(
        Submitter(*(_at(person, field).strip() for field in ("name", "sid", "email")))
        for person in _at(known, "submitters", kind=list)
        if isinstance(person, dict)
    )
    items = {}
    for test in _at(known, "results", "tests", kind=list):
        names = (_at(test, "extra_data", "item"), _at(test, "number"), _at(test, "name"))
        name = next(filter(None, map(str.strip, names)), "")
        score = number(_at(test, "score"))
        if name and score is not None:
            items[name] = score
    return submitters, Recorded(number(_at(known, "score")), _at(known, "status").strip(), items)


def _at(built: Any, *path: str, kind: type = str) -> Any:
    """What stands at a path of keys; nothing of its kind where there is something else, or nothing."""
    for key in path:
        built = built.get(key) if isinstance(built, dict) else None
    return built if isinstance(built, kind) else kind()


def number(text: str) -> Fraction | None:
    """The number that a scalar's text says, exactly; Ruby's ``18:0.85e1`` for a BigDecimal included."""
    found = re.fullmatch(r"(?:\d+:)?([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)", text.strip())
    return Fraction(found[1]) if found else None


def _plain(path: Path, names: dict[str, bool]) -> Roster:
    """A folder of submissions, which may stand in wrapper folders."""
    prefix = _class_folder(names)
    here = _children(names, prefix)
    if any(here.get(name) is False for name in _ANSWERS):
        raise Unsuitable(f"{path} looks like one submission, not a class: mark it with `grader grade {path}`")
    downloaded = _downloaded(path, prefix, here)
    chosen = [] if downloaded else _submissions(here) or _loose(here)
    if not downloaded and not chosen:
        raise Unsuitable(f"{path} holds no submissions: no folders, no archives, no {METADATA}")
    left_out = [name for name in here if name not in chosen and not (downloaded and _of_platform(name, here[name]))]
    messages = (f"not a submission, left out: {', '.join(left_out)}",) if left_out else ()
    stems = {name: name if here[name] else _ENDING.sub("", name) for name in chosen}
    entries = [Entry(stem, path, ((prefix + name, ""),), (Submitter(stem),)) for name, stem in stems.items()]
    return Roster(tuple(_named(downloaded or entries)), False, messages)


def _downloaded(path: Path, prefix: str, here: dict[str, bool]) -> list[Entry]:
    """The submissions of a download from Canvas or Moodle, which tell whose a file is by its name; else none."""
    found: dict[tuple[str, str], Entry] = {}
    for name, folder in here.items():
        about = _of_platform(name, folder)
        if about is None:
            if folder or name.lower().endswith(_ARCHIVES):
                return []
            continue
        student, number = about["name"].strip(), about["id"]
        late = Recorded(status="late") if about.groupdict().get("late") else Recorded()
        new = Entry(f"{student}_{number}", path, (), (Submitter(student, number),), late)
        entry = found.get((student, number), new)
        if folder or about["file"]:
            entry = replace(entry, places=(*entry.places, (prefix + name, "" if folder else about["file"])))
        found[student, number] = entry
    return list(found.values())


def _of_platform(name: str, folder: bool) -> re.Match[str] | None:
    return _MOODLE.fullmatch(name) or (None if folder else _CANVAS.fullmatch(name))


def _loose(here: dict[str, bool]) -> list[str]:
    """Files that are a submission each: several, with the names of people and not of what is in them."""
    files = [name for name, folder in here.items() if not folder and _LOOSE.fullmatch(name)]
    one = any(PurePosixPath(name).stem.lower() in _ONE_SUBMISSION for name in files)
    return files if len(files) > 1 and not one else []


def _class_folder(names: dict[str, bool]) -> str:
    """Where the submissions are: the first folder on the way down with several; the root, where there is none."""
    prefix = ""
    while True:
        here = _children(names, prefix)
        inner = _submissions(here)
        if any(_of_platform(name, folder) for name, folder in here.items()):
            return prefix
        if not inner or any(here.get(name) is False for name in _ANSWERS):  # a folder may have that name as well
            return ""
        if len(inner) > 1:
            return prefix
        prefix = f"{prefix}{inner[0]}/"


def _children(names: dict[str, bool], prefix: str) -> dict[str, bool]:
    """The names directly in a folder, and whether each is a folder."""
    inside = ((name.removeprefix(prefix), folder) for name, folder in names.items() if name.startswith(prefix))
    return {name: folder for name, folder in inside if "/" not in name}


def _submissions(here: dict[str, bool]) -> list[str]:
    return [name for name, folder in here.items() if folder or name.lower().endswith(_ARCHIVES)]


def _named(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Names made safe as file names, and unique where case does not count."""
    taken: set[str] = set()
    for entry in entries:
        name = whose(entry.name) or "submission"
        if len(name.encode()) > _LONGEST_NAME:
            name = name[:30] + "_" + hashlib.sha256(entry.name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        numbered = chain([name], (f"{name}_{number}" for number in count(2)))
        unique = next(one for one in numbered if one.casefold() not in taken)
        taken.add(unique.casefold())
        yield replace(entry, name=unique)


@frozen
class _Member:
    """A file of a submission; ``kind`` is 0 for a plain file."""

    name: str
    size: int
    kind: int
    open: Callable[[], IO[bytes]]


def fingerprint(entry: Entry) -> str:
    """A hash that changes whenever a file of the submission does; the same in a folder and in the zip of a class.

    Links are not followed. Raises ``OSError``, ``zipfile.BadZipFile``.
    """
    total = hashlib.sha256()
    for name, digest in sorted((member.name, _digest(member)) for member in _members(entry)):
        total.update(f"{len(name)}:{name}={digest}\n".encode("utf-8", "surrogatepass"))
    return total.hexdigest()


def _digest(member: _Member) -> str:
    if member.kind:
        return f"{member.kind:o}"
    digest = hashlib.sha256()
    try:
        with member.open() as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except BROKEN as error:
        return f"{type(error).__name__} {member.size}"
    return digest.hexdigest()


def _members(entry: Entry) -> Iterator[_Member]:
    """The files at the places of a submission, named from there on."""
    if entry.path is None:
        return
    if entry.path.is_dir():
        found = (one for place, name in entry.places for one in _below(entry.path / place, name))
        for index, (name, file) in enumerate(found):
            if index >= _MOST_FILES:
                yield _Member("and more", 0, stat.S_IFREG, partial(io.FileIO, file))  # no file: it only counts
                return
            about = file.lstat()
            kind = 0 if stat.S_ISREG(about.st_mode) else stat.S_IFMT(about.st_mode)
            yield _Member(name, about.st_size, kind, partial(io.FileIO, file))
        return
    with zipfile.ZipFile(entry.path) as archive:
        for info in archive.infolist():
            at = "/".join(parts_of(info.filename) or ())
            for place, name in entry.places:
                if (at == place or at.startswith(f"{place}/")) and not info.is_dir():
                    kind = stat.S_IFMT(info.external_attr >> 16)
                    kind = 0 if kind == stat.S_IFREG else kind
                    named = str(PurePosixPath(name, at[len(place) + 1 :])) if at != place else name or Path(place).name
                    yield _Member(named, info.file_size, kind, partial(archive.open, info))


def _below(path: Path, name: str) -> Iterator[tuple[str, Path]]:
    """A file, or all files of a folder, with their names in a submission where the path has this one."""
    if not path.is_dir():
        yield name or path.name, path
    for folder, folders, names in os.walk(path):
        folders.sort()
        for file in (Path(folder, found) for found in sorted(names)):
            yield str(PurePosixPath(name, file.relative_to(path))), file


def unpack(entry: Entry, folder: Path, limits: Limits) -> tuple[Path, tuple[str, ...]]:
    """The submission as files of its own: where it is, or taken out of the zip of the class into the folder.

    With it the names of the files that are damaged there. Past the limits nothing more is taken out: what is then
    missing reads as missing. Links stay behind.
    """
    whole = Path(entry.places[0][0]) if [name for _, name in entry.places] == [""] else None
    if entry.path is not None and entry.path.is_dir() and whole is not None:
        return entry.path / whole, ()
    members = list(files(entry, limits))
    for name, data in members:
        if data is not None:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    damaged = tuple(name for name, data in members if data is None)
    alone = whole is not None and not damaged and [name for name, _ in members] == [whole.name]
    return folder / members[0][0] if alone else folder, damaged


def files(entry: Entry, limits: Limits) -> Iterator[tuple[str, bytes | None]]:
    """The submission's files by name, within the limits, None for a damaged one; an archive is one file.

    Links are left out, and no more is ever read of a file than its size says.
    """
    left = limits.archive_bytes
    for index, member in enumerate(one for one in _members(entry) if not one.kind):
        left -= member.size
        if index >= limits.archive_entries or left < 0:
            return
        try:
            with member.open() as source:
                yield member.name, source.read(member.size)
        except BROKEN:
            yield member.name, None
