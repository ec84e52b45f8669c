"""Templates to fill in, with a slot for every item, and the schema of answers.yaml: what a config asks for.

All of them come from the config, so another year's homework has its own.
"""

from __future__ import annotations

import re

from grader import kinds
from grader.assignment.config import Config, Item
from grader.forms.asking import Schema

SCHEMA = "answers.schema.json"
_ANSWERS = f"""\
# yaml-language-server: $schema={SCHEMA}
#
# {{title}}
#
# Type each answer after its colon, as you would write it: 2(p + 1), p^2/2, 1/3, [1, 2, 3], [[1, 2], [3, 4]].
# What stays empty counts as not answered. Put text in double quotes if it has a colon, a #, or begins with a
# bracket, a brace, a quote, or one of the signs & * ! | > % @ `.

"""

_STYLE = r"""% \answer{item}{text} sets its text and nothing else; the grader reads the text as the answer to the item.
\NeedsTeXFormat{LaTeX2e}
\ProvidesPackage{homework}
\edef\homework@items{\detokenize{,@ITEMS@,}}
\newcommand{\homework@check}[1]{%
  \begingroup
  \edef\homework@look{\endgroup\noexpand\in@{\detokenize{,#1,}}{\homework@items}}%
  \homework@look
  \ifin@\else\PackageError{homework}{There is no item \detokenize{#1}}{The items are\homework@items}\fi}
\DeclareRobustCommand{\answer}[2]{\homework@check{#1}#2}
"""

_LATEX = r"""% Type each answer into the last braces of its \answer, as in \answer{2.9}{p^2 + 4p}.
% What stays empty is not answered.
% Write whatever you like around them. Hand in this file.
\documentclass{article}
\usepackage{amsmath}
\usepackage{homework}
\title{@TITLE@}
\begin{document}
\maketitle
"""


def answers(config: Config) -> str:
    """``answers.yaml``: every part and field, empty, with a word on each."""
    lines = _ANSWERS.format(title=config.title).split("\n")[:-1]
    for name, part in config.parts.items():
        items = config.items_of[name]
        points = f"{float(part.points):g} point{'' if part.points == 1 else 's'}"
        fields = (f"  {line}" for line in kinds.PARTS[part.kind].template(part, items))
        lines += [f"# {name} {part.title} ({points})", f'"{name}":', *fields, ""]
    return "\n".join(line.rstrip() for line in lines)


def every(config: Config) -> dict[str, str]:
    """The files that students may fill in, by name."""
    return {"answers.yaml": answers(config), "homework.tex": latex(config), "homework.md": markdown(config)}


def schema(config: Config) -> Schema:
    """The JSON Schema of answers.yaml (draft 7), by which an editor completes and checks fields while one types.

    It is stricter than the reader: it knows one spelling of each name.
    """
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


def style(config: Config) -> str:
    """``homework.sty``: typesets answers, and refuses the names of items that are none."""
    return _STYLE.replace("@ITEMS@", ",".join(config.marks))


def latex(config: Config) -> str:
    """``homework.tex``: compiles as it is; every answer is still missing."""
    lines = _LATEX.replace("@TITLE@", config.title).split("\n")
    for name, part in config.parts.items():
        lines += [rf"\section*{{{name} {part.title}}}", ""]
        for item in config.items_of[name]:
            lines += [rf"\[ {_label(slot, item)} \answer{{{slot}}}{{}} \]" for slot in _slots(item, config)]
        lines.append("")
    return "\n".join([*lines, r"\end{document}", ""])


def markdown(config: Config) -> str:
    """``homework.md``: the same in Markdown; an answer stands behind the name of its item."""
    lines = [
        f"# {config.title}",
        "",
        "Type each answer behind its name: `2.9: $p^2 + 4p$`. What stays empty is not answered.",
        "",
    ]
    for name, part in config.parts.items():
        lines += [f"## {name} {part.title}", ""]
        for item in config.items_of[name]:
            for slot in _slots(item, config):
                lines += [f"{slot}:", ""]
    return "\n".join(lines)


def _slots(item: Item, config: Config) -> list[str]:
    """The names under which an item is marked: its own, or one for each of its fields."""
    fields = () if item.path else config.parts[item.part].offered
    return [f"{item.name}.{field}" for field in fields] or [item.name]


def _label(slot: str, item: Item) -> str:
    """What stands before a slot: ``W_1 =``, ``\\overline{z_1} =``, ``\\text{reverse time:}``."""
    name = slot.removeprefix(f"{item.name}.") if slot != item.name else ".".join(item.path)
    if item.variable:
        return rf"\overline{{{_subscripted(item.variable)}}} ="
    if re.fullmatch(r"[A-Za-z]\d*", name):
        return f"{_subscripted(name)} ="
    return rf"\text{{{name.replace('.', ' ').replace('_', ' ')}:}}\quad"


def _subscripted(name: str) -> str:
    return re.sub(r"(\d+)", r"_\1", name)
