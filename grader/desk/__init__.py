"""A page on this machine where an instructor decides what the grader left open, one key each."""
