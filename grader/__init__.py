"""An autograder for one written homework of a deep-learning course."""

import os

# Workers are forked, and forks do not mix with threads: numpy's linear algebra would start some when it is imported.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(_name, "1")
