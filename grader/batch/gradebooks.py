"""The marks of a class in the tables that Canvas, Moodle and Brightspace export and read again: one column changes."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from grader.batch.roster import Submitter, Unsuitable
from grader.batch.store import Store
from grader.frozen import frozen
from grader.reporters import visible


@frozen
class Platform:
    """How a platform names its columns. ``column`` is a pattern of those that hold marks.

    ``new`` are the columns of a table that the platform reads, with what stands in them.
    """

    identities: tuple[str, ...]
    names: tuple[str, ...]
    column: str
    new: dict[str, str]


_NEVER_MARKS = ("Root Account", "Section", "Notes")
PLATFORMS = {
    "canvas": Platform(
        ("ID", "SIS User ID", "SIS Login ID", "Integration ID"),
        ("Student",),
        r".+",
        {"Student": "{name}", "ID": "", "SIS User ID": "{sid}", "SIS Login ID": "{email}", "Section": "",
         "{title}": "{score}"},
    ),
    "moodle": Platform(
        ("Identifier", "ID number", "Username", "Email address"),
        ("Full name", "First name", "Surname"),
        r"Grade",
        {"Full name": "{name}", "ID number": "{sid}", "Email address": "{email}", "Grade": "{score}"},
    ),
    "brightspace": Platform(
        ("OrgDefinedId", "Username", "Email"),
        ("First Name", "Last Name"),
        r".+ Points Grade.*",
        {"OrgDefinedId": "{sid}", "Username": "{login}", "{title} Points Grade": "{score}",
         "End-of-Line Indicator": "#"},
    ),
}  # fmt: skip


@frozen
class Marked:
    """One person's mark, and all by which a gradebook may know them."""

    person: Submitter
    submission: str
    score: str
    waits: bool

    @property
    def who(self) -> str:
        known = filter(None, (self.person.name, self.person.sid, self.person.email))
        return f"{next(known, self.submission)} ({self.submission})"

    @property
    def identities(self) -> set[str]:
        email = self.person.email
        return {_plain(one) for one in (self.person.sid, email, email.partition("@")[0]) if one}


@frozen
class Exported:
    """The table; ``unmatched`` are the people who are marked and not in it, ``unmarked`` the rows without a mark."""

    data: bytes
    written: int
    column: str
    unmatched: tuple[str, ...] = ()
    unmarked: tuple[str, ...] = ()
    waiting: int = 0


def of_folder(folder: Path, platform: str, file: Path | None, column: str = "") -> Exported:
    """The marks in a folder that ``grader batch`` wrote, in a table. Raises ``Unsuitable``, ``OSError``."""
    store = Store(folder)
    if not store.results.is_dir():
        raise Unsuitable(f"{folder} is no folder that `grader batch` wrote")
    title, people = "", []
    for entry in store.roster().entries:
        stored = store.get(entry.name)
        if stored is not None:
            title, score = stored.report.title, visible.points(stored.report.score)
            waits = stored.report.needs_person
            people += [Marked(person, entry.name, score, waits) for person in entry.submitters or (Submitter(),)]
    if file is None:
        return new(platform, title, people)
    try:
        return into(platform, file.read_bytes(), title, people, column)
    except Unsuitable as error:
        raise Unsuitable(f"{file}: {error}") from None


def new(platform: str, title: str, people: list[Marked]) -> Exported:
    """A table with a row for each person, to be read by the platform; who is in it is for the platform to tell."""
    columns = PLATFORMS[platform].new
    lines = [visible.row(head.format(title=title) for head in columns)]
    for one in people:
        name, sid, email = one.person.name, one.person.sid, one.person.email
        known = {"name": name, "sid": sid, "email": email, "login": email.partition("@")[0], "score": one.score}
        lines.append(visible.row(cell.format(**known) for cell in columns.values()))
    return Exported("".join(lines).encode(), len(people), title, waiting=sum(one.waits for one in people))


def into(platform: str, data: bytes, title: str, people: list[Marked], column: str = "") -> Exported:
    """The platform's own table with the marks in one column of it, and every other byte as it was.

    Raises ``Unsuitable``.
    """
    about = PLATFORMS[platform]
    text, encoding = _decoded(data)
    head, *rows = _rows(text) or [[]]
    heads = [cell.value.strip().lstrip("\ufeff") for cell in head]
    place = heads.index(_column(about, heads, title, column))
    rows = [row for row in rows if len(row) > place]
    known = [_known(dict(zip(heads, (cell.value.strip() for cell in row))), about) for row in rows]
    matched = _matched(known, people)
    pieces, end = [], 0
    for number, one in sorted(matched.items()):
        cell = rows[number][place]
        quote = '"' if text[cell.start : cell.start + 1] == '"' else ""
        pieces += [text[end : cell.start], quote, one.score, quote]
        end = cell.end
    met = {id(one) for one in matched.values()}
    return Exported(
        "".join([*pieces, text[end:]]).encode(encoding),
        len(matched),
        heads[place],
        tuple(one.who for one in people if id(one) not in met),
        tuple(who for number, (_, who) in enumerate(known) if number not in matched and who),
        sum(one.waits for one in matched.values()),
    )


def _decoded(data: bytes) -> tuple[str, str]:
    """The text, byte order marks and all, and what it is encoded in; every byte is a character of latin-1."""
    marked = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2], "utf-8")
    for encoding in (marked, "utf-8"):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(encoding), encoding
    return data.decode("latin-1"), "latin-1"


class _Cell(NamedTuple):
    """A value, and where it stands in the text, quotes and all."""

    value: str
    start: int
    end: int


def _rows(text: str) -> list[list[_Cell]]:
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    cell = re.compile(rf'((?:"(?:[^"]|"")*"|[^"{delimiter}\r\n]|")*)({delimiter}|\r\n|\r|\n|\Z)')
    rows: list[list[_Cell]] = [[]]
    for found in cell.finditer(text):
        raw = found[1]
        quoted = len(raw) > 1 and raw.startswith('"') and raw.endswith('"')
        if rows[-1] or found.start() < len(text):
            rows[-1].append(_Cell(raw[1:-1].replace('""', '"') if quoted else raw, *found.span(1)))
        if found[2] != delimiter:
            rows.append([])
    return [row for row in rows if row]


def _column(about: Platform, heads: list[str], title: str, wanted: str) -> str:
    of_people = (*about.identities, *about.names)
    if not any(head in heads for head in of_people):
        raise Unsuitable(f"its first line has none of the columns {', '.join(of_people)}")
    others = [head for head in heads if head not in (*of_people, *_NEVER_MARKS) and "(read only)" not in head.lower()]
    can_be = [head for head in others if re.fullmatch(about.column, head)]
    if wanted:
        named = [head for head in others if wanted in (head, _title(head))]
    else:
        named = [head for head in can_be if _title(head) == title] or can_be
    if len(named) == 1 and heads.count(named[0]) == 1:
        return named[0]
    listed = "; ".join(can_be) or "none"
    raise Unsuitable(
        f"it has no column {wanted!r} for marks; there are: {listed}"
        if wanted and not named
        else f"which column is it? Name it with --column. There are: {listed}"
    )


def _title(head: str) -> str:
    """``Homework 1`` of ``Homework 1 (4711)`` and of ``Homework 1 Points Grade <Numeric MaxPoints:6>``."""
    return re.sub(r" Points Grade.*| \(\d+\)\Z", "", head, flags=re.DOTALL)


_Known = tuple[set[str], str]
"""What a row says of its person: the identities, and the name, or else these."""


def _known(row: dict[str, str], about: Platform) -> _Known:
    name = " ".join(row.get(head, "") for head in about.names).strip()
    if _plain(name) in ("points possible", "student, test"):
        return set(), ""
    identities = {_plain(row.get(head, "")) for head in about.identities} - {""}
    return identities, name or ", ".join(sorted(identities))


def _plain(identity: str) -> str:
    """Without the sign and the word that Brightspace and Moodle put before an identity."""
    return re.sub(r"\A(?:#|Participant )", "", identity.strip()).casefold()


def _words(name: str) -> str:
    """A name whichever way round it is written: ``Lovelace, Ada`` and ``Ada Lovelace``."""
    return " ".join(sorted(re.findall(r"\w+", unicodedata.normalize("NFKC", name).casefold())))


def _matched(rows: list[_Known], people: list[Marked]) -> dict[int, Marked]:
    """Rows with the people they are about: by identity, else by name; never where two could be meant."""
    index: dict[tuple[str, str], set[int]] = defaultdict(set)
    for number, (identities, who) in enumerate(rows):
        for identity in identities:
            index["identity", identity].add(number)
        if who:
            last, _, first = who.partition(",")
            index["name", _words(who)].add(number)
            # Canvas's downloads name a file after ``lovelaceada``.
            index["run together", "".join(re.findall(r"\w+", f"{last}{first}".casefold()))].add(number)
    found: dict[int, list[Marked]] = defaultdict(list)
    left = []
    for one in people:
        same = {row for identity in one.identities for row in index.get(("identity", identity), ())}
        if len(same) == 1:
            found[same.pop()].append(one)
        elif not same:
            left.append(one)
    by_identity = set(found)
    for one in left:
        name = one.person.name or one.submission
        ways = (("name", _words(name)), ("run together", _plain(name)), ("identity", _plain(name)))
        same = next((index[way] for way in ways if way in index), set()) - by_identity
        if len(same) == 1:
            found[same.pop()].append(one)
    return {row: known[0] for row, known in found.items() if len(known) == 1}
