"""Tries to make sockets."""

import socket


def backward(v: object) -> dict[str, float]:
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, getattr(socket, "AF_NETLINK", socket.AF_INET)):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
            try:
                socket.socket(family, kind).close()
            except PermissionError:
                continue
            except OSError:  # a family or kind that this machine does not have
                continue
            return {"held": 0.0}
    try:
        socket.socketpair()
    except OSError:
        return {"held": 1.0}
    return {"held": 0.0}
