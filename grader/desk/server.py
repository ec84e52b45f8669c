"""The desk's page, for this machine alone: a token in the address, Host and Origin checked, nothing from elsewhere."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from grader.decisions import Faulty
from grader.desk.work import Desk, Refused
from grader.reporters.html import pages

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


def new_token() -> str:
    """What stands in the address, so that only who was given it finds the desk."""
    return secrets.token_urlsafe(24)


def app(desk: Desk, token: str, port: int) -> ASGIApp:
    """The desk under ``/TOKEN/``, as an application that refuses whatever does not come from its own page."""
    routes = [
        Route("/", _page(desk)),
        Route("/case/{number:int}", _case(desk)),
        Route("/decide", _told(desk, _decide), methods=["POST"]),
        Route("/preview", _told(desk, _preview), methods=["POST"]),
        Route("/undo", _told(desk, _undo), methods=["POST"]),
        *(Route(f"/{name}", _file(name)) for name in _FILES),
    ]
    return _Guard(Starlette(routes=routes), token, port)


class _Guard:
    """Passes on what names this machine and the token, and comes from the desk's own page; else 403 or 404."""

    def __init__(self, inner: ASGIApp, token: str, port: int) -> None:
        self._inner, self._root = inner, f"/{token}"
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get(b"host", ""), headers.get(b"origin")
        path: str = scope["path"]
        if host not in self._hosts or (origin is None and scope["method"] != "GET"):
            answer: ASGIApp = PlainTextResponse("Not from here.", 403)
        elif origin is not None and origin != f"http://{host}":
            answer = PlainTextResponse("Not from another page.", 403)
        elif not secrets.compare_digest(path[: len(self._root) + 1].encode(), f"{self._root}/".encode()):
            answer = PlainTextResponse("Nothing here.", 404)
        else:
            scope = {**scope, "path": path[len(self._root) :], "raw_path": None}
            answer = self._inner
        await answer(scope, receive, _with_headers(send))


def _with_headers(send: Send) -> Send:
    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            more = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return sending


def _page(desk: Desk) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        return HTMLResponse(pages.page("desk.html", desk=desk, cases=_listed(desk)))

    return answer


def _listed(desk: Desk) -> list[dict[str, Any]]:
    """The cases as the page keeps them: cause, item, how many, and what is decided."""
    return [
        {"cause": case.cause, "item": case.first.item, "size": len(case.answers), "outcome": outcome}
        for case, outcome in zip(desk.cases, desk.outcomes)
    ]


def _case(desk: Desk) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        number = request.path_params["number"]
        if number >= len(desk.cases):
            return PlainTextResponse("There is no such case.", 404)
        case = desk.cases[number]
        part = desk.homework.config.parts[case.first.part]
        return HTMLResponse(
            pages.page(
                "case.html",
                case=case,
                part=part,
                number=number,
                count=len(desk.cases),
                outcome=desk.outcomes[number],
                expected=desk.expected(case),
            )
        )

    return answer


Action = Callable[[Desk, dict[str, str]], Response]


def _told(desk: Desk, action: Action) -> Callable[[Request], Any]:
    """An action on what the page says, which is a JSON object of texts."""

    async def answer(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LONGEST:
                return PlainTextResponse("That is too long.", 413)
        try:
            said = json.loads(body)
            told = {str(name): str(value) for name, value in said.items()}
            return await run_in_threadpool(action, desk, told)
        except (ValueError, AttributeError, KeyError, RecursionError):
            return PlainTextResponse("This cannot be understood.", 400)
        except Refused as refused:
            return PlainTextResponse(f"{refused}.", 409)
        except Faulty as error:
            return PlainTextResponse(f"{desk.file} has a mistake. {error}", 409)
        except OSError as error:
            return PlainTextResponse(f"{desk.file} cannot be written: {error.strerror}.", 409)

    return answer


def _decide(desk: Desk, told: dict[str, str]) -> Response:
    number = int(told["case"])
    outcome = desk.decide(number, told.get("credit", ""), told.get("read_as", ""), told.get("message", ""))
    return JSONResponse({"case": number, "outcome": outcome})


def _undo(desk: Desk, told: dict[str, str]) -> Response:
    number = desk.undo()
    return JSONResponse({"case": number, "outcome": desk.outcomes[number]})


def _preview(desk: Desk, told: dict[str, str]) -> Response:
    item = desk.preview(int(told["case"]), told["text"])
    return HTMLResponse(pages.page("preview.html", item=item))


def _file(name: str) -> Callable[[Request], Response]:
    kind, sources = _FILES[name]
    text = "".join(map(pages.source, sources))

    def answer(request: Request) -> Response:
        return Response(text, media_type=kind)

    return answer
