"""Kinds of check: whether an answer that could be read is right, and why not."""
