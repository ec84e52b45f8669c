"""The small homework of the tests of a class, and what a machine without the desk's libraries skips."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "batch")]

for needed in ("starlette", "uvicorn", "httpx"):
    pytest.importorskip(needed)
