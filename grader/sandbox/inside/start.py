"""The first file of the fork server: it makes numpy importable, but not the folder that numpy stands in."""

import importlib.util
import os
import socket
import sys
from pathlib import Path


def _import(name: str, folder: Path) -> None:
    """Imports a package without the folder around it, which may hold the grader and its reference."""
    spec = importlib.util.spec_from_file_location(name, folder / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = package = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)


if __name__ == "__main__":
    sys.path = [entry for entry in sys.path if Path(entry) != Path(__file__).parent]
    sys.dont_write_bytecode = True
    _import("inside", Path(__file__).parent)
    _import("numpy", Path(sys.argv[1]))
    control = socket.socket(fileno=os.dup(0))  # a low number, whatever the grader has open
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    importlib.import_module("inside.server").serve(control)
