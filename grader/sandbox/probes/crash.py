"""Reads where there is no memory."""

import ctypes


def backward(v: object) -> dict[str, float]:
    return {"held": float(len(ctypes.string_at(1, 1)))}
