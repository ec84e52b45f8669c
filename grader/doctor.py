"""What this machine can isolate and prove, found out by trying."""

from __future__ import annotations

import importlib.util
import os
import platform
from importlib import metadata

from grader.processes import system
from grader.report import Block, Paragraph, Table
from grader.sandbox import LEVELS, Rating, sentences

_PROVERS = (
    ("z3", "z3-solver", "proves networks that are piecewise linear or polynomial, or finds an input that breaks them"),
    ("sympy", "sympy", "decides whether formulas are equal, whether they grow alike, and where conditions hold"),
    (
        "flint",
        "python-flint",
        "bounds formulas with logs and roots, and networks with exp, sigmoid or tanh, rigorously",
    ),
)
_YES = {True: "yes", False: "no"}
_LAYERS = {
    "limits": "limits on time, memory, files and processes",
    "chroot": "an empty root folder",
    "uid": "an unused user",
    "capabilities": "no capabilities",
    "no_new_privs": "no new privileges, no tracing, ends with its parent",
    "landlock": "Landlock: no files",
    "landlock_all": "Landlock: no TCP, no signals to others",
    "seccomp": "a filter of system calls, seen from outside",
    "seatbelt": "macOS's own sandbox",
}


def runs_python(rating: Rating, required: str) -> bool:
    """Whether student Python is run here; ``required`` is the config's ``python_answers.isolation``."""
    return LEVELS.index(rating.level) >= LEVELS.index(required)


def blocks(rating: Rating, required: str) -> tuple[Block, ...]:
    """What the machine is, how well it isolates, and what it proves, for a person."""
    user = "root" if hasattr(os, "geteuid") and os.geteuid() == 0 else "a plain user"
    kernel = f"{platform.system()} {platform.release()} on {platform.machine()}"
    runs = "is run" if runs_python(rating, required) else "is NOT run, and its items say so"
    reason = (Paragraph(f"No child could be tried: {rating.reason.strip()}"),) if rating.reason else ()
    return (
        Paragraph(f"{kernel}, {system.cores()} cores, Python {platform.python_version()}, as {user}."),
        Paragraph(f"Isolation: {rating.level}. The config asks for {required}: student Python {runs}."),
        Table(
            ("layer", "on", "what it is"),
            tuple((layer, _YES[layer in rating.layers], what) for layer, what in _LAYERS.items()),
            "Layers of the wall:",
        ),
        Table(
            ("promise", "holds", "in full"),
            tuple((name, _YES[rating.held[name]], text) for name, text in sentences().items()),
            f"Promises tried in a real child: {sum(rating.held.values())} of {len(rating.held)} hold.",
        ),
        *reason,
        Table(
            ("prover", "version", "what it does"),
            tuple((module, _version(module, package), does) for module, package, does in _PROVERS),
            "Provers:",
        ),
    )


def _version(module: str, package: str) -> str:
    if importlib.util.find_spec(module) is None:
        return "missing"
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "of unknown version"
