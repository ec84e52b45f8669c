"""The list of allowed system calls as a program for the kernel's packet filter (seccomp, mode 2)."""

from __future__ import annotations

import errno
import struct

from . import syscalls

_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06  # BPF_LD|W|ABS, BPF_ALU|AND|K, BPF_RET|K
_EQUAL, _AT_LEAST = 0x15, 0x35  # BPF_JMP|JEQ|K, BPF_JMP|JGE|K
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # places in struct seccomp_data
_WORD = 0xFFFFFFFF

Instruction = tuple[int, int, int, int]


def program(machine: int, own_pid: int) -> bytes:
    """The filter for one process: struct sock_filter, one after the other."""
    code: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, syscalls.AUDIT[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == syscalls.X86_64:
        code += [(_AT_LEAST, 0, 1, syscalls.FOREIGN_BIT), (_RETURN, 0, 0, _KILL)]
    for name, numbers in syscalls.NUMBERS.items():
        if numbers[machine] >= 0:
            answer = _answer(name, own_pid)
            code += [(_EQUAL, 0, len(answer), numbers[machine]), *answer]
    code.append(_refuse(errno.EPERM))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def _answer(name: str, own_pid: int) -> list[Instruction]:
    """What happens at one call. Each answer ends in a return, whichever way it goes."""
    if name in syscalls.REFUSALS:
        return [_refuse(syscalls.REFUSALS[name])]
    if name not in syscalls.ARGUMENTS:
        return [_allow()]
    argument, bits, allowed = syscalls.ARGUMENTS[name]
    values = [own_pid if value == syscalls.OWN else value for value in allowed]
    tests = [(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    load = [(_LOAD, 0, 0, _ARGUMENTS + 8 * argument), (_AND, 0, 0, bits & _WORD)]
    return [*load, *tests, _refuse(errno.EPERM), _allow()]


def _allow() -> Instruction:
    return (_RETURN, 0, 0, _ALLOW)


def _refuse(number: int) -> Instruction:
    return (_RETURN, 0, 0, _ERRNO | number)
