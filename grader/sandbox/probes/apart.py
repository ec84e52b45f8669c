"""Spoils everything that the next run would use, its own inputs, and all arrays of those that called it."""

import gc
import math
import sys
from types import FrameType

import numpy as np


def backward(v: dict[str, "np.ndarray[tuple[int], np.dtype[np.float64]]"]) -> dict[str, float]:
    held = float(v["x"][0] == 1.0)
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        for found in gc.get_referents(*frame.f_locals.values(), *gc.get_referents(*frame.f_locals.values())):
            if isinstance(found, np.ndarray) and found.shape == v["x"].shape:
                found[...] = 7.0
        frame = frame.f_back
    v["x"][:] = 7.0
    setattr(np, "exp", None)  # noqa: B010 - an assignment would be taken for a mistake
    setattr(math, "pi", 3.0)  # noqa: B010 - as above
    sys.modules["numpy.linalg"] = sys.modules["math"]
    return {"held": held}
