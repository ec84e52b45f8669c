"""Activation functions of z: from a typed text to nodes, bare names and cases in words included."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import accumulate, pairwise

from lark import Token

from grader.language import exact, nodes, parsing, words
from grader.language.building import CONDITIONS
from grader.language.nodes import Call, Indicator, Node
from grader.language.reading import source
from grader.language.reading.conditions import phrases
from grader.language.reading.source import Reading, Text
from grader.language.unreadable import Unreadable
from grader.language.words import listed


def activation(text: str) -> Reading:
    """An activation function of ``z``: a name, or an expression."""
    return _reader(text, ("z",))


def _activation(typed: Text) -> Reading:
    typed.text = _METHOD.sub(_without_method, typed.text)
    tokens, remarks = typed.lexed()
    tokens = _trimmed(_in_z(tokens), typed.text)
    found = nodes.changed_everywhere(typed.node(tokens), _spelled_out)
    found = nodes.changed_everywhere(found, _exhausted)
    if isinstance(found, CONDITIONS):
        found = Indicator(found, span=found.span)
        remarks = (*remarks, "The condition was read as its indicator: 1 where it holds, 0 elsewhere.")
    parsing.unlisted(found)
    parsing.bounded(found)
    return Reading(found, (found,), remarks)


_reader = source.reader("activation", _activation)


_ARGUMENTS = listed("""x u s t v y""")
"""What people call the argument of an activation, besides z."""


def _in_z(tokens: list[Token]) -> list[Token]:
    """With z for the one letter that stands for the argument instead: ``f(x) = max(0, x)``."""
    letters = {str(one) for one in tokens if one.type == "WORD" and str(one) in _ARGUMENTS}
    if len(letters) != 1 or any(one.type == "NAME" for one in tokens):
        return tokens
    return [one.update(type="NAME", value="z") if str(one) in letters else one for one in tokens]


def _spelled_out(node: Node) -> Node:
    """A function that is defined by an expression in z as that expression: ``hardtanh(2z)``."""
    if not isinstance(node, Call) or node.function not in words.ACTIVATIONS:
        return node
    found = nodes.replaced(activation(words.ACTIVATIONS[node.function]).node, {"z": node.arguments[0]})
    if nodes.size(found) > _SIZE:
        raise Unreadable("read.too-long", "This is too long to be read, with its functions spelled out.", (0, 1))
    return found


def _exhausted(node: Node) -> Node:
    """The node with cases that cover every number written without the gap after the last; where they do not, refused.

    Tried at every number that the conditions mention, and beside and between these.
    """
    if not isinstance(node, nodes.Choice) or not isinstance(node.otherwise, nodes.Gap):
        return node
    if len(node.branches) == 1:
        raise Unreadable("read.cases", "There is only one case.", node.span)
    conditions = [condition for condition, _ in node.branches]
    used = frozenset(name for condition in conditions for name in nodes.names(condition))
    numbers = (one.value for condition in conditions for one in nodes.parts(condition) if isinstance(one, nodes.Number))
    marks = sorted({value * sign for value in numbers for sign in (1, -1)})
    between = [(low + high) / 2 for low, high in pairwise(marks)]
    whole = replace(node, branches=node.branches[:-1], otherwise=node.branches[-1][1])
    for place in [*marks, *between, *(mark + side for mark in marks for side in (1, -1))]:
        try:
            covered = any(exact.holds(condition, dict.fromkeys(used, place)) for condition in conditions)
        except exact.Undefined:
            return whole
        if not covered:
            where = f"{next(iter(used), 'z')} = {place}"
            raise Unreadable("read.cases", f"No case covers {where}.", node.span)
    return whole


_SIZE = 1500
_SEVERAL = listed("""max min clip where pow I""")
"""Functions of more than one argument, or of a condition: their bare name is no activation."""

_KIND_WORDS = listed(
    """
    activation value function unit units neuron neurons nonlinearity the a applied elementwise to for all each every
    output outputs return returns gives fires
    """
)
_METHOD = re.compile(r"\.(?:astype\((?:\w+\.)?(\w+)\)|(float|int|long)\(\))")
"""What a program turns a condition into a number by."""
_COMPARED = r"\((?:[^()<>=≤≥≠,?]|\([^()]*\))*[<>=≤≥≠](?:[^(),?]|\([^()]*\))*\)"
_CONDITION = re.compile(rf"(?<!\w)(?:{_COMPARED}|\((?:[\s&|~]|{_COMPARED})+\))$")
_NEAR = 200


def _without_method(found: re.Match[str]) -> str:
    """Blanks in place of a method that changes nothing: a type of integers would cut off what is no condition."""
    condition = _CONDITION.search(found.string[max(0, found.start() - _NEAR) : found.start()])
    real = (found[1] or found[2]).startswith(("float", "double"))
    return " " * len(found[0]) if real or (condition and " if " not in condition[0]) else found[0]


def _trimmed(tokens: list[Token], text: str) -> list[Token]:
    """An activation without its label; a bare name gets its argument, cases in words become cases."""
    tokens = source.ended([one for one in tokens if one.type != "NEWLINE"])
    if len(tokens) > 3 and tokens[0] == "lambda" and tokens[1].type == "NAME" and tokens[2].type == "COLON":
        tokens = tokens[3:]
    *labels, mapped = source.split(tokens, lambda one: one.type in ("ARROW", "SLOPPY"))[0]
    before = [one.type for one in labels[0]] if len(labels) == 1 else []
    if before[-1:] == ["NAME"] and before[-2:-1] in ([], ["COLON"]) and any(one.type == "NAME" for one in mapped):
        tokens = mapped  # φ: z ↦ z^2
    pieces, separators = source.split(tokens, lambda one: one == "=" or one.type in ("ASSIGN", "COLON", "APPROX"))
    while len(pieces) > 1 and separators[0].type != "APPROX":
        compared = len(pieces[0]) > 1 and source.split(pieces[0], lambda one: one.type == "NAME")[1]  # is z = 5
        if not _defined(pieces) and (compared or not source.label(pieces[0], text)):
            break
        tokens = tokens[len(pieces[0]) + 1 :]
        pieces, separators = pieces[1:], separators[1:]
    tokens = phrases(source.concluded(tokens, _KIND_WORDS.__contains__))
    while len(tokens) > 1 and source.word(tokens[0]) in _KIND_WORDS:
        tokens = tokens[1:]
    tokens = source.ended(tokens)
    if [one.type for one in tokens] == ["FUNCTION", "OPEN", "CLOSE"]:
        tokens = tokens[:1]
    if len(tokens) == 2 and all(one.type == "FUNCTION" for one in tokens) and str(tokens[1]) == "step":
        tokens = tokens[1:]
    if len(tokens) == 1 and tokens[0].type == "FUNCTION" and str(tokens[0]) not in _SEVERAL:
        end = tokens[0].end_pos or 0
        made = (("OPEN", "("), ("NAME", "z"), ("CLOSE", ")"))
        return [tokens[0], *(Token(kind, value, start_pos=end, end_pos=end) for kind, value in made)]
    following = [*(one.type for one in tokens[1:]), ""]
    chosen = [
        one for one, kind in zip(tokens, following) if one.type not in ("COMMA", "ROW") or kind not in ("ELSE", "THEN")
    ]
    return source.piecewise(source.case_words(_reordered(_tuples(_at_least(_said(chosen)), text))))


def _said(tokens: list[Token]) -> list[Token]:
    """``1 for z is 3 and 0 otherwise`` as ``1 if z = 3, 0 otherwise``; ``z = 1, 2 or 6`` as ``z in {1, 2, 6}``."""
    result = list(tokens)
    for at, (one, following) in enumerate(pairwise(tokens)):
        if source.word(one) == "for" and following.type != "WORD":
            result[at] = one.update(type="IF", value="if")
        elif source.word(one) == "is" and following.type in ("NUMBER", "SIGN"):
            result[at] = one.update(type="RELATION", value="=")
    pieces, signs = source.split(result, lambda one: one.type in ("AND", "COMMA"))
    last = [one.type for one in pieces[-1]]
    if signs and signs[-1].type == "AND" and last[-1:] == ["OTHERWISE"] and not {"RELATION", "IN"} & set(last):
        result[len(result) - len(last) - 1] = source.comma(signs[-1])
    return _alternatives(result)


_NUMBERS = re.compile(r"=[-+]?N(?:[,|][-+]?N)*\|[-+]?N(?=[),e]|$)")


def _alternatives(tokens: list[Token]) -> list[Token]:
    signs = {"NUMBER": "N", "OR": "|", "ELSE": "e"}
    kinds = "".join(signs.get(one.type, str(one) if one in [*"=-+,)"] else ".") for one in tokens)
    result, at = [], 0
    for found in _NUMBERS.finditer(kinds):
        first, last = tokens[found.start()], tokens[found.end() - 1]
        listed_ = [source.comma(one) if one.type == "OR" else one for one in tokens[found.start() + 1 : found.end()]]
        braces = (first.update(type="IN", value="∈"), first.update(type="OPEN", value="{"))
        result += [*tokens[at : found.start()], *braces, *listed_, last.update(type="CLOSE", value="}")]
        at = found.end()
    return result + tokens[at:]


def _at_least(tokens: list[Token]) -> list[Token]:
    """Inside brackets ``=>`` can only mean at least."""
    depths = accumulate((one.type == "OPEN") - (one.type == "CLOSE") for one in tokens)
    inside = (depth > 0 and one.type == "SLOPPY" for one, depth in zip(tokens, depths))
    return [one.update(type="RELATION", value="≥") if sloppy else one for one, sloppy in zip(tokens, inside)]


def _defined(pieces: list[list[Token]]) -> bool:
    """Whether a known function of z is spelled out, ``relu(z) = max(0, z)``, and not compared with a number."""
    call = [one.type for one in pieces[0]] == ["FUNCTION", "OPEN", "NAME", "CLOSE"]
    spelled = len(pieces[1]) > 1 or (call and str(pieces[0][0]) == "identity")
    return call and spelled and str(pieces[0][0]) not in _SEVERAL and any(one.type == "NAME" for one in pieces[1])


def _tuples(tokens: list[Token], text: str) -> list[Token]:
    """In a conditional as programs have it, ``z in (1, 3)`` names two values, not the open interval between them."""
    result = list(tokens)
    for at, end in source.partner(tokens).items() if any(one.type == "ELSE" for one in tokens) else ():
        sign = tokens[at - 1]
        spelled = sign.type == "IN" and "in" in text[sign.start_pos : sign.end_pos].split()
        if spelled and tokens[at] == "(" and tokens[end] == ")":
            result[at], result[end] = tokens[at].update(value="{"), tokens[end].update(value="}")
    return result


def _reordered(tokens: list[Token]) -> list[Token]:
    """``if c then a else b`` and ``c ? a : b`` as ``a if c else b``."""
    first = bool(tokens) and tokens[0].type == "IF"
    pieces, signs = source.split(tokens, lambda one: one.type in ("THEN", "ELSE", "OTHERWISE", "QUERY", "COLON"))
    kinds = [one.type for one in signs]
    if not (first and kinds[:2] in (["THEN", "ELSE"], ["THEN", "OTHERWISE"])) and kinds[:2] != ["QUERY", "COLON"]:
        return tokens
    when, otherwise = signs[0].update(type="IF", value="if"), signs[1].update(type="ELSE", value="else")
    rest = tokens[len(pieces[0]) + len(pieces[1]) + 2 :]
    return [*pieces[1], when, *pieces[0][first:], otherwise, *_reordered(rest)]
