"""Never ends, deaf to every signal that one can be deaf to."""

import signal


def backward(v: object) -> dict[str, float]:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass
