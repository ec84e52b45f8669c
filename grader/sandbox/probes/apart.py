"""Spoils everything that the next run would use, and its own inputs."""

import math
import sys

import numpy as np


def backward(v: dict[str, "np.ndarray[tuple[int], np.dtype[np.float64]]"]) -> dict[str, float]:
    held = float(v["x"][0] == 1.0)
    v["x"][:] = 7.0
    setattr(np, "exp", None)  # noqa: B010 - an assignment would be taken for a mistake
    setattr(math, "pi", 3.0)  # noqa: B010 - as above
    sys.modules["numpy.linalg"] = sys.modules["math"]
    return {"held": held}
