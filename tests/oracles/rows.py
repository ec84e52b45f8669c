"""Rows of test cases, from the file that stands beside a test."""

import json
from pathlib import Path

import yaml

SAFE, BASE = (getattr(yaml, f"C{name}", getattr(yaml, name)) for name in ("SafeLoader", "BaseLoader"))


def rows(test, name, as_text=False):
    """What a file of YAML or JSON lines beside the file of a test holds; ``as_text`` leaves YAML's values as typed."""
    text = Path(test).with_name(name).read_text(encoding="utf-8")
    if name.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines()]
    return yaml.load(text, BASE if as_text else SAFE)
