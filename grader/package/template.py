"""An ``answers.yaml`` to fill in: every part and field that the config asks for, empty, with a word on each."""

from __future__ import annotations

from grader import kinds
from grader.assignment.config import Config

SCHEMA = "answers.schema.json"
HEAD = f"""\
# yaml-language-server: $schema={SCHEMA}
#
# {{title}}
#
# Type each answer after its colon, as you would write it: 2(p + 1), p^2/2, 1/3, [1, 2, 3], [[1, 2], [3, 4]].
# What stays empty counts as not answered. Put text in double quotes if it has a colon, a #, or begins with a
# bracket, a brace, a quote, or one of the signs & * ! | > % @ `.

"""


def text(config: Config) -> str:
    """The template, as YAML in which every answer is still missing."""
    lines = HEAD.format(title=config.title).split("\n")[:-1]
    for name, part in config.parts.items():
        items = tuple(item for item in config.items if item.part == name)
        points = f"{float(part.points):g} point{'' if part.points == 1 else 's'}"
        fields = (f"  {line}" for line in kinds.PARTS[part.kind].template(part, items))
        lines += [f"# {name} {part.title} ({points})", f'"{name}":', *fields, ""]
    return "\n".join(line.rstrip() for line in lines)
