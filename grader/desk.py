"""A page where an instructor decides what the grader left open, one key each; every decision is saved at once.

It is for this machine alone: a token in the address, Host and Origin checked, nothing from elsewhere.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from functools import cached_property, partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from grader import answers, decisions, grading
from grader.assignment.faults import Faulty
from grader.batch import showing
from grader.batch.store import Store
from grader.decisions import Decision, Decisions, text
from grader.frozen import frozen
from grader.grading import Homework
from grader.processes import pool
from grader.report import ItemReport, Verdict, from_record, to_record
from grader.reporters import html

PREVIEW_SECONDS = 20.0
_FILES = {"desk.css": ("text/css", ("look.css", "desk.css")), "desk.js": ("text/javascript", ("desk.js",))}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_LONGEST = 100_000


@frozen
class Answered:
    """One submission's answer, with who handed it in."""

    submission: str
    who: str
    item: ItemReport


@frozen
class Case:
    """Answers that say the same and wait for the same reason."""

    cause: str
    answers: tuple[Answered, ...]

    @property
    def first(self) -> ItemReport:
        return self.answers[0].item

    @property
    def spellings(self) -> tuple[str, ...]:
        """The different texts, the most frequent first."""
        found = [text(one.item.typed) for one in self.answers]
        return tuple(sorted(dict.fromkeys(found), key=lambda typed: -found.count(typed)))


class Refused(Exception):
    """What was asked for cannot be done; the message says why."""


@dataclass
class Desk:
    """The folder of a batch and its decisions; ``by`` is who decides."""

    folder: Path
    homework: Homework
    by: str = ""
    _undo: list[tuple[int, tuple[Decision, ...], tuple[Decision, ...]]] = field(default_factory=list)
    _alone: threading.Lock = field(default_factory=threading.Lock)

    @property
    def file(self) -> Path:
        return self.folder / decisions.FILE

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """Those of one cause together; decided ones that came to wait by a run before are out."""
        store, config = Store(self.folder), self.homework.config
        asked = {item.name for item in config.items}
        found: dict[tuple[Verdict, str], dict[tuple[str, str], list[Answered]]]
        found = defaultdict(lambda: defaultdict(list))
        for entry in store.roster().entries:
            stored = store.get(entry.name)
            for item in stored.report.items if stored else ():
                if item.waits and item.item in asked:
                    item = grading.undecided(item)
                    cause = (item.finding.verdict, showing.shared(item.finding))
                    meaning = next(grading.keys(item, config), f"submission {entry.name}")
                    found[cause][item.item, meaning].append(Answered(entry.name, entry.who, item))
        by_size = sorted(found.items(), key=lambda one: -sum(map(len, one[1].values())))
        return tuple(
            Case(f"{verdict}: {reason}", tuple(answers))
            for (verdict, reason), groups in by_size
            for answers in sorted(groups.values(), key=lambda one: -len(one))
        )

    @cached_property
    def outcomes(self) -> list[str]:
        """What is decided of each case, in a word; empty where nothing is."""
        ready = replace(self.homework, decisions=self._load())
        return [_outcome(case, ready) for case in self.cases]

    def _load(self) -> Decisions:
        return decisions.load(self.file, self.homework.config) if self.file.exists() else decisions.NONE

    def expected(self, case: Case) -> str:
        """The reference's answer, where it lists one."""
        item = self.homework.config.item(case.first.item)
        key = self.homework.key
        return str(key.expected[item.name].answer) if key and item.needs_reference else ""

    def decide(self, number: int, credit: str = "", read_as: str = "", message: str = "") -> None:
        """Decides a case and saves it. Raises ``Refused``, ``Faulty``, ``OSError``."""
        case, now = self._case(number), datetime.now().astimezone().isoformat(timespec="minutes")
        made = Decision("", message=message.strip(), by=self.by, at=now)
        if read_as.strip():
            made = replace(made, read_as=read_as.strip())
        else:
            share = _share(credit.strip())
            verdict = Verdict.CORRECT if share == 1 else Verdict.PARTIAL if share else Verdict.INCORRECT
            made = replace(made, verdict=verdict, credit=share)
        wanted = decided(case, made, self.homework)
        same = {decisions.about(one) for one in wanted}
        with self._alone:
            before = tuple(one for one in self._load().all if decisions.about(one) in same)
            self._change(number, wanted, before)
            self._undo.append((number, wanted, before))

    def undo(self) -> int:
        """Takes back the last decision of this session; gives its case.

        Raises ``Refused``, ``Faulty``, ``OSError``.
        """
        with self._alone:
            if not self._undo:
                raise Refused("there is nothing to undo")
            number, made, before = self._undo.pop()
            self._change(number, before, made)
        return number

    def _change(self, number: int, added: tuple[Decision, ...], removed: tuple[Decision, ...]) -> None:
        decisions.change(self.file, self.homework.config, added, removed)
        self.outcomes[number] = _outcome(self.cases[number], replace(self.homework, decisions=Decisions(added)))

    def preview(self, number: int, typed: str) -> ItemReport:
        """What the text would get if the answers of a case were read so, by the engine that marks."""
        item = self.homework.config.item(self._case(number).first.item)

        def job(say: pool.Say) -> None:
            given = answers.typed(item, typed, self.homework.config)
            say(to_record(grading.mark(given, self.homework).item(item.name)))

        ended = pool.once(job, PREVIEW_SECONDS)
        if ended.fault:
            raise Refused(f"this could not be tried: {ended.fault}")
        return from_record(ItemReport, ended.said[0])

    def _case(self, number: int) -> Case:
        if not 0 <= number < len(self.cases):
            raise Refused(f"there is no case {number}")
        return self.cases[number]


def _readings(case: Case, homework: Homework) -> list[Decision | None]:
    return [grading.reading(one.item.item, one.item.typed, homework, (one.submission,)) for one in case.answers]


def _outcome(case: Case, homework: Homework) -> str:
    """What is decided of all answers of a case, in a word; empty where one of them is open."""
    first, *others = _readings(case, homework)
    if first is not None and all(others):
        return f"read as {first.read_as}"
    found = [grading.decided(one.item, homework, (one.submission,)) for one in case.answers]
    return f"{found[0].finding.verdict}, {found[0].finding.credit}" if all(item.decided for item in found) else ""


def decided(case: Case, outcome: Decision, homework: Homework) -> tuple[Decision, ...]:
    """The decisions that give every answer of a case this outcome: by what the answers say, or else one a submission.

    For a credit a single one, about all that say the same; to be read anew, one for each text.
    """
    first = case.first
    texts = [first.typed.strip(), text(first.understood), text(first.finding.canonical)]
    ways = [case.spellings] if outcome.read_as else [(answer,) for answer in dict.fromkeys(texts)]
    for way in ways:
        made = tuple(replace(outcome, item=first.item, answer=answer) for answer in way if answer)
        so_decided = replace(homework, decisions=Decisions(made))
        met = all(_readings(case, so_decided)) if outcome.read_as else _outcome(case, so_decided)
        if made and met:
            return made
    return tuple(replace(outcome, item=one.item.item, submission=one.submission) for one in case.answers)


def _share(typed: str) -> Fraction:
    """A share of the points as people type it: ``1/2``, ``0.5``, ``50%``."""
    try:
        share = Fraction(typed.rstrip("%").strip()) / (100 if typed.endswith("%") else 1)
    except (ValueError, ZeroDivisionError):
        raise Refused(f"{typed!r} is no number such as 1/2, 0.5 or 50%") from None
    if not 0 <= share <= 1:
        raise Refused("a share of the points is from 0 to 1")
    return share


def app(desk: Desk, token: str, port: int) -> Starlette:
    """The desk under ``/TOKEN/``, as an application that refuses whatever does not come from its own page."""
    routes = [
        Route("/", partial(_page, desk)),
        Route("/case/{number:int}", partial(_case, desk)),
        *(Route(f"/{act}", partial(_asked, desk, act), methods=["POST"]) for act in ("decide", "preview", "undo")),
        *(Route(f"/{name}", partial(_file, name)) for name in _FILES),
    ]
    guard = Middleware(BaseHTTPMiddleware, dispatch=partial(_guarded, f"/{token}/", port))
    return Starlette(routes=[Mount(f"/{token}", routes=routes)], middleware=[guard])


async def _guarded(root: str, port: int, request: Request, passed_on: RequestResponseEndpoint) -> Response:
    """Passes on what names this machine and the token, and comes from the desk's own page; else 403 or 404."""
    host, origin = request.headers.get("host", ""), request.headers.get("origin")
    path = request.scope["path"]
    if host not in (f"127.0.0.1:{port}", f"localhost:{port}") or (origin is None and request.method != "GET"):
        response: Response = PlainTextResponse("Not from here.", 403)
    elif origin is not None and origin != f"http://{host}":
        response = PlainTextResponse("Not from another page.", 403)
    elif not secrets.compare_digest(path[: len(root)].encode(), root.encode()):
        response = PlainTextResponse("Nothing here.", 404)
    else:
        response = await passed_on(request)
    response.headers.update(_HEADERS)
    return response


def _page(desk: Desk, request: Request) -> Response:
    cases = [
        {"cause": case.cause, "item": case.first.item, "size": len(case.answers), "outcome": outcome}
        for case, outcome in zip(desk.cases, desk.outcomes)
    ]
    return HTMLResponse(html.page("desk.html", desk=desk, cases=cases))


def _case(desk: Desk, request: Request) -> Response:
    number = request.path_params["number"]
    if number >= len(desk.cases):
        return PlainTextResponse("There is no such case.", 404)
    case, outcome = desk.cases[number], desk.outcomes[number]
    part, expected = desk.homework.config.parts[case.first.part], desk.expected(case)
    return HTMLResponse(html.page("case.html", case=case, part=part, outcome=outcome, expected=expected))


async def _asked(desk: Desk, act: str, request: Request) -> Response:
    """Does what the page asks for by a JSON object of texts."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST:
            return PlainTextResponse("That is too long.", 413)
    try:
        asked = {str(name): str(value) for name, value in json.loads(body).items()}
        return await run_in_threadpool(_done, desk, act, asked)
    except (ValueError, AttributeError, KeyError, RecursionError):
        return PlainTextResponse("This cannot be understood.", 400)
    except Refused as refused:
        return PlainTextResponse(f"{refused}.", 409)
    except Faulty as error:
        return PlainTextResponse(f"{desk.file} has a mistake. {error}", 409)
    except OSError as error:
        return PlainTextResponse(f"{desk.file} cannot be written: {error.strerror}.", 409)


def _done(desk: Desk, act: str, asked: dict[str, str]) -> Response:
    if act == "preview":
        return HTMLResponse(html.page("preview.html", item=desk.preview(int(asked["case"]), asked["text"])))
    if act == "undo":
        number = desk.undo()
    else:
        number = int(asked["case"])
        desk.decide(number, asked.get("credit", ""), asked.get("read_as", ""), asked.get("message", ""))
    return JSONResponse({"case": number, "outcome": desk.outcomes[number]})


def _file(name: str, request: Request) -> Response:
    kind, sources = _FILES[name]
    return Response("".join(map(html.source, sources)), media_type=kind)
