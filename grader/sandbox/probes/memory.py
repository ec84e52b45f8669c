"""Takes memory until there is no more."""


def backward(v: object) -> dict[str, float]:
    held = []
    while True:
        held.append(bytearray(1 << 26))
