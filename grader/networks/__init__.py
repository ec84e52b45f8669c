"""Networks of exact numbers: evaluation, the exhaustive box, and the proof for all integers."""
