"""The desk's page, for this machine alone: a token in the address, Host and Origin checked, nothing from elsewhere."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from grader.assignment.faults import Faulty
from grader.desk.work import Desk, Refused
from grader.reporters import html

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


def app(desk: Desk, token: str, port: int) -> Starlette:
    """The desk under ``/TOKEN/``, as an application that refuses whatever does not come from its own page."""
    routes = [
        Route("/", partial(_page, desk)),
        Route("/case/{number:int}", partial(_case, desk)),
        Route("/decide", partial(_asked, desk, _decide), methods=["POST"]),
        Route("/preview", partial(_asked, desk, _preview), methods=["POST"]),
        Route("/undo", partial(_asked, desk, _undo), methods=["POST"]),
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


Action = Callable[[Desk, dict[str, str]], Response]


async def _asked(desk: Desk, action: Action, request: Request) -> Response:
    """An action on what the page asks for, which is a JSON object of texts."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST:
            return PlainTextResponse("That is too long.", 413)
    try:
        asked = {str(name): str(value) for name, value in json.loads(body).items()}
        return await run_in_threadpool(action, desk, asked)
    except (ValueError, AttributeError, KeyError, RecursionError):
        return PlainTextResponse("This cannot be understood.", 400)
    except Refused as refused:
        return PlainTextResponse(f"{refused}.", 409)
    except Faulty as error:
        return PlainTextResponse(f"{desk.file} has a mistake. {error}", 409)
    except OSError as error:
        return PlainTextResponse(f"{desk.file} cannot be written: {error.strerror}.", 409)


def _decide(desk: Desk, asked: dict[str, str]) -> Response:
    number = int(asked["case"])
    outcome = desk.decide(number, asked.get("credit", ""), asked.get("read_as", ""), asked.get("message", ""))
    return JSONResponse({"case": number, "outcome": outcome})


def _undo(desk: Desk, asked: dict[str, str]) -> Response:
    number = desk.undo()
    return JSONResponse({"case": number, "outcome": desk.outcomes[number]})


def _preview(desk: Desk, asked: dict[str, str]) -> Response:
    item = desk.preview(int(asked["case"]), asked["text"])
    return HTMLResponse(html.page("preview.html", item=item))


def _file(name: str, request: Request) -> Response:
    kind, sources = _FILES[name]
    return Response("".join(map(html.source, sources)), media_type=kind)
