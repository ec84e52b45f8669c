"""Prints without end."""


def backward(v: object) -> dict[str, float]:
    while True:
        print("x" * 65536)
