"""What runs on the other side of the wall. It imports the standard library and numpy, and nothing of the grader's."""
