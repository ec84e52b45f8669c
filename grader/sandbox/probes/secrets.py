"""Looks for what it should not find in its own process."""

import fcntl
import os
import sys

HARMLESS = ("PYTHON", "OPENBLAS_", "OMP_", "MKL_", "VECLIB_", "LC_", "LD_LIBRARY_PATH", "TMPDIR")


def is_open(descriptor: int) -> bool:
    try:
        fcntl.fcntl(descriptor, fcntl.F_GETFD)  # fstat would be refused, open or not
    except OSError:
        return False
    return True


def backward(v: object) -> dict[str, float]:
    environment = [name for name in os.environ if not name.startswith(HARMLESS)]
    modules = [name for name in sys.modules if name.split(".")[0] in ("grader", "reference", "yaml", "site")]
    descriptors = [descriptor for descriptor in range(5, 4096) if is_open(descriptor)]
    return {"held": float(not environment and not modules and is_open(4) and not descriptors and not sys.path)}
