"""A JSON Schema of answers.yaml, from the config, so that an editor completes and checks fields while one types."""

from __future__ import annotations

from grader import kinds
from grader.assignment.config import Config
from grader.forms.asking import Schema


def of(config: Config) -> Schema:
    """The schema (draft 7, which editors know). It is stricter than the reader: it knows one spelling of each name."""
    parts = {
        name: {**kinds.PARTS[part.kind].schema(part, config), "title": part.title}
        for name, part in config.parts.items()
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": config.title,
        "description": "The answers, by part. Leave out what you have no answer to.",
        "type": "object",
        "additionalProperties": False,
        "properties": parts,
    }
