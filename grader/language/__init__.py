"""The answer language: its grammar, its nodes and what they mean."""
