"""The small homework of the tests of a class; where the desk's libraries are not installed, nothing is tested here."""

import sys
from importlib.util import find_spec
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / room) for room in ("batch", "browser")]

if not all(map(find_spec, ("starlette", "uvicorn", "httpx2"))):
    collect_ignore_glob = ["test_*.py"]
