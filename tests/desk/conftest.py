"""The small homework of the tests of a class, and the browser."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / room) for room in ("batch", "browser")]
