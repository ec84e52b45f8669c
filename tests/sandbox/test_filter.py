"""The filter, followed step by step by an interpreter of its own: what it allows on both machines, and nothing else."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from grader.sandbox.inside import privileges

ALLOW, KILL = 0x7FFF0000, 0x80000000
OWN = 4711
MACHINES = [privileges.X86_64, privileges.AARCH64]
HEADERS = {
    privileges.X86_64: Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    privileges.AARCH64: Path("/usr/include/asm-generic/unistd.h"),
}
DANGEROUS = """
    socket socketpair connect bind sendmsg recvmsg ptrace process_vm_readv process_vm_writev process_madvise kcmp
    execve execveat memfd_create io_uring_setup userfaultfd bpf perf_event_open keyctl add_key unshare setns
    mount umount2 pivot_root chroot prctl seccomp prlimit64 setrlimit setuid setresuid setpgid setsid
    pidfd_open pidfd_getfd pidfd_send_signal rt_sigqueueinfo rt_tgsigqueueinfo timer_create setitimer
    dup pipe2 shmget msgget semget mknodat unlinkat renameat2 linkat symlinkat fchmodat truncate ftruncate
    personality reboot init_module kexec_load name_to_handle_at open_by_handle_at landlock_create_ruleset
    pkey_mprotect remap_file_pages sched_setaffinity setpriority sched_setscheduler ioprio_set
    getpriority getpgid getsid sched_getparam sched_getscheduler sched_getattr sched_rr_get_interval ioprio_get
    get_robust_list capget waitid wait4 move_pages migrate_pages
"""


def follow(
    program: bytes, number: int, arguments: tuple[int, ...] = (), audit: int | None = None, machine: int = 0
) -> int:
    """What the kernel would answer: it reads struct seccomp_data word by word."""
    audit = privileges.AUDIT[machine] if audit is None else audit
    data = struct.pack("<IIQ6Q", number, audit, 0, *(*arguments, *([0] * 6))[:6])
    code = [struct.unpack_from("=HBBI", program, place) for place in range(0, len(program), 8)]
    at = accumulator = 0
    while True:
        operation, if_true, if_false, value = code[at]
        at += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif operation == 0x54:
            accumulator &= value
        elif operation in (0x15, 0x35):
            holds = accumulator == value if operation == 0x15 else accumulator >= value
            at += if_true if holds else if_false
        elif operation == 0x06:
            return value
        else:
            raise AssertionError(f"operation {operation:#x}")


def refuses(number: int) -> int:
    return 0x00050000 | number


@pytest.mark.parametrize("machine", MACHINES)
def test_the_numbers_are_the_kernels(machine: int) -> None:
    if not HEADERS[machine].exists():
        pytest.skip("the kernel's headers are not here")
    defined = dict(re.findall(r"#define __NR_?(\w+)\s+(\d+)", HEADERS[machine].read_text()))
    for name, numbers in privileges.NUMBERS.items():
        if numbers[machine] >= 0:
            known = "fstatat" if machine == privileges.AARCH64 and name == "newfstatat" else name
            assert int(defined.get(known) or defined[f"3264_{known}"]) == numbers[machine], name


@pytest.mark.parametrize("machine", MACHINES)
def test_nothing_dangerous_is_allowed(machine: int) -> None:
    if not HEADERS[machine].exists():
        pytest.skip("the kernel's headers are not here")
    defined = dict(re.findall(r"#define __NR_?(\w+)\s+(\d+)", HEADERS[machine].read_text()))
    program = privileges.filter_program(machine, OWN)
    for name in DANGEROUS.split():
        number = defined.get(name, defined.get(f"3264_{name}"))
        if number is not None:
            assert follow(program, int(number), machine=machine) == refuses(errno.EPERM), name


@pytest.mark.parametrize("machine", MACHINES)
def test_each_call_has_its_answer(machine: int) -> None:
    program = privileges.filter_program(machine, OWN)
    known = {numbers[machine]: name for name, numbers in privileges.NUMBERS.items() if numbers[machine] >= 0}
    special = privileges.ARGUMENTS
    for number in range(1200):
        name = known.get(number)
        if name in privileges.REFUSALS:
            assert follow(program, number, machine=machine) == refuses(privileges.REFUSALS[name])
        elif name is None:
            assert follow(program, number, machine=machine) == refuses(errno.EPERM)
        elif name not in special:
            assert follow(program, number, machine=machine) == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
@given(high=st.integers(0, 2**32 - 1), low=st.integers(0, 2**32 - 1))
def test_signals_reach_only_the_process_itself(machine: int, high: int, low: int) -> None:
    program = privileges.filter_program(machine, OWN)
    for name in ("kill", "tkill", "tgkill"):
        number = privileges.NUMBERS[name][machine]
        assert (follow(program, number, (high << 32 | low,), machine=machine) == ALLOW) == (low == OWN)
        assert follow(program, number, (high << 32 | OWN,), machine=machine) == ALLOW
        for other in (0, 2**32 - 1, 2**64 - 1, 2**64 - OWN, OWN + 1):
            assert follow(program, number, (other,), machine=machine) == refuses(errno.EPERM)


@pytest.mark.parametrize("machine", MACHINES)
@given(protection=st.integers(0, 2**64 - 1))
def test_no_memory_is_executable(machine: int, protection: int) -> None:
    program = privileges.filter_program(machine, OWN)
    for name in ("mmap", "mprotect"):
        answer = follow(program, privileges.NUMBERS[name][machine], (0, 4096, protection), machine=machine)
        assert answer == (refuses(errno.EPERM) if protection & 4 else ALLOW)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", ["clock_gettime", "clock_getres", "clock_nanosleep"])
@given(process=st.integers(0, 2**22), kind=st.integers(0, 7))
def test_the_clocks_of_other_processes_are_not_there(machine: int, name: str, process: int, kind: int) -> None:
    """A clock of a process, or of a device that is open, has a number below 0."""
    program, number = privileges.filter_program(machine, OWN), privileges.NUMBERS[name][machine]
    clock = (~process << 3 | kind) % 2**32
    for high in (0, 2**32 - 1, 17):
        assert follow(program, number, (high << 32 | clock,), machine=machine) == refuses(errno.EPERM)
    assert all(follow(program, number, (each,), machine=machine) == ALLOW for each in range(12))


@pytest.mark.parametrize("machine", MACHINES)
@given(process=st.integers(0, 2**32 - 1))
def test_nothing_is_learnt_of_other_processes(machine: int, process: int) -> None:
    program, number = privileges.filter_program(machine, OWN), privileges.NUMBERS["sched_getaffinity"][machine]
    assert (follow(program, number, (process, 128), machine=machine) == ALLOW) == (process in (0, OWN))


@pytest.mark.parametrize("machine", MACHINES)
@given(flags=st.sampled_from((0, 128, 256, 384)), command=st.integers(0, 127))
def test_no_lock_lends_priority(machine: int, flags: int, command: int) -> None:
    """These look a process up by its number: they tell whether there is one."""
    program, number = privileges.filter_program(machine, OWN), privileges.NUMBERS["futex"][machine]
    allowed = follow(program, number, (0, flags | command), machine=machine) == ALLOW
    assert allowed == (command in (0, 1, 3, 4, 5, 9, 10))


@pytest.mark.parametrize("machine", MACHINES)
def test_fcntl_cannot_own_or_signal(machine: int) -> None:
    program = privileges.filter_program(machine, OWN)
    number = privileges.NUMBERS["fcntl"][machine]
    allowed = {command for command in range(2048) if follow(program, number, (4, command), machine=machine) == ALLOW}
    assert allowed == {0, 1, 2, 3, 1030}


@pytest.mark.parametrize("machine", MACHINES)
@given(number=st.integers(0, 2**32 - 1))
def test_foreign_tables_are_killed(machine: int, number: int) -> None:
    program = privileges.filter_program(machine, OWN)
    for audit in (0x40000003, 0x40000028, privileges.AUDIT[1 - machine], 0):
        assert follow(program, number, audit=audit) == KILL
    if machine == privileges.X86_64:
        assert follow(program, number | privileges.FOREIGN_BIT) == KILL


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_is_short_enough_for_the_kernel(machine: int) -> None:
    assert len(privileges.filter_program(machine, OWN)) // 8 < 4096
