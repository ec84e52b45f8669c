"""Conditions: from a typed text to nodes, without phrases; of a derivation the step that counts."""

from __future__ import annotations

from itertools import chain

from lark import Token

from grader.language import parsing, words
from grader.language.building import Body, condition as as_condition, node as as_node, place
from grader.language.nodes import And, Comparison, Indicator, Name, Node, Number, parts
from grader.language.reading import source
from grader.language.reading.source import Reading, Text
from grader.language.unreadable import Unreadable


def _condition(typed: Text) -> Reading:
    tokens, noticed = typed.lexed()
    found, remarks = _trimmed(tokens, typed.text)
    members = []
    for member in found:
        members.append(_joined(typed.body(member)))
        parsing.unlisted(members[-1])
        parsing.bounded(members[-1])
        if typed.context.kind == "condition":
            _alone(members[-1])
    return Reading(members[-1], tuple(members), (*noticed, *remarks))


condition = source.reader("condition", _condition)
"""A condition on the declared symbols, such as ``n > 7``."""
predicate = source.reader("predicate", _condition)
"""A condition on the inputs of a network, such as ``x4 = x1 or x4 = x2``."""


def _alone(node: Node) -> None:
    for one in parts(node):
        if isinstance(one, Comparison) and {"<", ">"} <= {sign[0] for sign in one.relations}:
            for operand in one.operands[1:-1]:
                if not isinstance(operand, (Name, Number)):
                    message = "Two comparisons in opposite directions share what stands here."
                    hint = "Give one condition alone; two that say the same are joined by “or”."
                    raise Unreadable("read.two-conditions", message, operand.span, hint=hint)
        if isinstance(one, Indicator):
            hint = "Give one condition alone; two that both must hold are joined by “and”."
            message = "A condition in brackets stands here as a factor."
            raise Unreadable("read.two-conditions", message, one.span, hint=hint)


def _joined(body: Body) -> Node:
    conditions: list[Node] = []
    shared: list[Node] = []
    for entry in chain.from_iterable(body.rows):
        plain = as_node(entry)
        if isinstance(plain, Name) and not conditions:
            shared.append(plain)
            continue
        if isinstance(plain, Comparison):
            # "n, m > 0" says it of both.
            conditions += [Comparison((one, *plain.operands[1:]), plain.relations, span=plain.span) for one in shared]
            shared = []
        conditions.append(as_condition(entry))
    if shared:
        as_condition(shared[0])
    return conditions[0] if len(conditions) == 1 else And(tuple(conditions), span=body.span)


_REVERSE = words.REVERSE
_TURNING = _REVERSE | words.listed(
    """equal equality inclusive included worse slower wrong false unless except otherwise never no cannot instead fails
    opposite contrary roughly approximately about guess hopefully unsure maybe perhaps probably usually most mostly
    sometimes tie ties tied too including vice versa swapped reversed crossed old back propagation bad expensive loses
    even least much odd almost avoid avoided considerably far incorrect longer lot nearly other significantly slow typo
    wait way worst"""
)
"""Words that turn a meaning round: a remark that holds one is not left out."""
_STRICT = frozenset(("strict", "strictly"))
_TIED = words.listed("tie ties tied equal same")
_BOTH = words.listed("tie ties they both modes cost costs")
"""Words of which a remark on the point where both modes cost the same holds one each."""
_AROUND = words.listed("a s at for the is are have it then there in case of time memory exactly just modes")
"""Further words in such a remark."""
_AMENDING = words.listed(
    """actually really wait wrong false but however except unless instead half sorry guess also too including included
    inclusive even could forgot know maybe opposite perhaps probably"""
)
"""Words of a reason that may take the condition back, or go on with it."""
_WINS = words.listed("better best cheaper faster win wins preferable preferred efficient fewer less")
_LOSSES = words.listed("avoid avoided bad costlier expensive higher longer loses lot slow slower worse worst")
_DOMAIN = words.listed("positive natural whole integer integers number numbers for is are an both with")
_GAINS = words.listed("efficient advantageous favorable favourable preferable")


def _trimmed(tokens: list[Token], text: str) -> tuple[list[list[Token]], list[str]]:
    """A condition without phrases, of a derivation the step that counts; and what was noticed."""
    tokens, reasons = source.reasoned(source.lines(_consequence(source.ended(tokens))), _amends)
    tokens = source.implied(phrases(_unremarked(_unconcerned(source.ended(tokens)))))
    at = source.partner(tokens).get(len(tokens) - 1, 0)
    if at and tokens[at + 1] == "⇔":  # a > b (equivalently b < a)
        tokens = [*tokens[:at], *tokens[at + 1 : -1]]
    tokens, remarks = _sloppy(tokens)
    remarks += reasons
    while tokens and tokens[0].type == "ARROW":
        tokens = tokens[1:]
    pieces, colons = source.split(tokens, lambda one: one.type == "COLON")
    within = {"NAME", "NUMBER"} <= {one.type for one in pieces[0]}  # for n in {1, 2}: it says for which alone
    if colons and source.label(pieces[0], text) and not within and not _turned(pieces[0]):
        tokens = tokens[len(pieces[0]) + 1 :]
    steps, arrows = source.split(tokens, lambda one: one.type == "ARROW")
    while len(steps) > 1 and {one.type for one in steps[-1]} <= {"WORD", "IN", "IF"} and not _turned(steps[-1]):
        steps, arrows = steps[:-1], arrows[:-1]
    if arrows and arrows[0] == "⇐":
        steps, arrows = steps[:1], []
        remarks.append("Of the steps, the first one counts.")
    elif arrows:
        last = max((index for index, arrow in enumerate(arrows) if arrow == "⇒"), default=-1)
        steps = steps[last + 1 :]
        remarks.append("Of the steps, the last one counts.")
    kept = []
    for step in steps:
        loose = any(one.type == "RELATION" and one in ("≥", "≤") for one in step)
        idle = words.CONDITION_SUFFIXES - (_STRICT if loose else set())  # beside ≥ and ≤, “strictly” is none
        kept.append(source.concluded(_conditioned(step), idle.__contains__))
    return kept, remarks


def _unconcerned(tokens: list[Token]) -> list[Token]:
    """Without clauses behind that speak of a tie, or of the other mode: ``; at m = n they tie``, ``, else reverse``."""
    last = source.split(tokens, lambda one: one.type in ("COMMA", "ROW"))[0][-1]
    said = {str(one).lower() for one in last if one.type in ("WORD", "ELSE", "OTHERWISE")}
    stated = [one for one in last if one.type not in ("WORD", "IF", "ELSE", "OTHERWISE")]
    same = [one.type for one in stated] == ["NAME", "RELATION", "NAME"] and stated[1] == "=" != stated[0] != stated[2]
    tied = same and said & _TIED and said & _BOTH and said <= _TIED | _BOTH | _AROUND
    other = not stated and said & {"else", "otherwise"} and said & _REVERSE and "forward" not in said
    if len(last) == len(tokens) or not (tied or (other and said <= _FORWARD | _REVERSE | {"else", "otherwise"})):
        return tokens
    return _unconcerned(tokens[: -len(last) - 1])


def _unremarked(tokens: list[Token]) -> list[Token]:
    """Without remarks in brackets, and without commas before ``and`` and ``or``."""
    kept: list[Token] = []
    partners, behind = source.partner(tokens), 0
    for at, (one, following) in enumerate(zip(tokens, [*tokens[1:], Token("END", "")])):
        if at < behind:
            continue
        end = partners.get(at, at)
        if kept and kept[-1].type != "FUNCTION" and _remark(tokens[at + 1 : end], tokens):
            behind = end + 1
        elif one.type != "COMMA" or following.type not in ("AND", "OR"):
            kept.append(one)
    return kept


def _remark(inner: list[Token], tokens: list[Token]) -> bool:
    """Whether words in brackets turn nothing round, or say what kind of numbers the names are."""
    said, kinds = source.spoken(inner), {one.type for one in inner}
    if not kinds & {"WORD", "IN"} or not kinds <= {"WORD", "AND", "COMMA", "NAME", "IN"}:
        return False
    loose = said & _STRICT and any(one in ("≥", "≤") for one in tokens)
    return said <= _DOMAIN if "NAME" in kinds else not (_turned(inner) or loose)


def _turned(tokens: list[Token]) -> bool:
    """Whether words may turn round what stands before them; ``more`` does unless it compares, or is a gain."""
    said = source.spoken(tokens)
    return bool(said & _TURNING) or ("than" not in said and _costly(tokens))


def _costly(tokens: list[Token]) -> bool:
    """Whether it is said that something costs more."""
    spelled = [str(one).lower() for one in tokens]
    return any(one == "more" and after not in _GAINS for one, after in zip(spelled, [*spelled[1:], ""]))


def _amends(answer: list[Token], clause: list[Token]) -> bool:
    """Whether a reason may hold another condition, or speak for the other mode."""
    said = [str(one).lower() for one in clause if one.type in ("WORD", "OTHERWISE")]
    mode = next((word for word in said if word in _REVERSE or word.startswith("forward")), "forward")
    against = (_WINS if mode in _REVERSE else _LOSSES) | _AMENDING
    if against & set(said) or (mode not in _REVERSE and _costly(clause)):
        return True
    typed = [str(one) for group in source.amounts(answer) for one in group]
    compared = [one for one in source.amounts(clause) if [part.type for part in one] == ["NAME", "RELATION", "NAME"]]
    rivals = [one for one in compared if one != typed and not ("=" in one and _TIED & set(said))]
    return bool(rivals) or source.goes_on(clause) or any(one.type in ("OR", "OTHERWISE", "TRUTH") for one in clause)


def _conditioned(tokens: list[Token]) -> list[Token]:
    at, forward = 0, False
    while at < len(tokens):
        kind, word = tokens[at].type, str(tokens[at]).lower()
        forward = forward or word.startswith("forward")
        prefix = word in words.CONDITION_PREFIXES and (word not in _REVERSE or forward)
        allowed = kind in ("WORD", "IN", "COMMA") and (prefix or word == ",")
        joined = (at and word == "-" and tokens[at - 1].type == "WORD") or (word == "∈" and not at)
        costly = word == "more" and _costly(tokens[at : at + 2])
        if costly or not (kind == "IF" or allowed or joined or (word == "than" and forward)):
            break  # forward mode costs more when: that is the other way round
        at += 1
    while at and at < len(tokens) and len(tokens[at - 1]) == 1 and tokens[at - 1].type == "WORD":
        at -= 1
    return tokens[at:]


_FORWARD = words.listed("forward mode is the better cheaper faster choice choose use wins -")


def _consequence(tokens: list[Token]) -> list[Token]:
    """Without ``:`` at the end, and without ``then forward mode is better, else reverse``."""
    while tokens and tokens[-1].type == "COLON":
        tokens = tokens[:-1]
    if len(tokens) > 1 and tokens[-1].type == "BANG":
        message = "This sign may be a factorial, or end a sentence."
        hint = "Leave it out; put the factorial on the other side."
        raise Unreadable("read.exclamation", message, place(tokens[-1]), hint=hint)
    at = next((index for index, one in enumerate(tokens) if one.type == "THEN"), len(tokens))
    otherwise = next((index for index, one in enumerate(tokens) if one.type in ("ELSE", "OTHERWISE")), len(tokens))
    then = {str(one).lower() for one in tokens[at + 1 : otherwise] if one.type != "COMMA"}
    rest = {str(one).lower() for one in tokens[otherwise + 1 :]}
    fits = "forward" in then and then <= _FORWARD and (not rest or (rest & _REVERSE and rest <= _FORWARD | _REVERSE))
    return source.ended(tokens[:at]) if at and fits and "forward" not in rest else tokens


_PHRASES = {tuple(phrase.split()): sign for phrase, sign in words.COMPARISONS.items()}


def phrases(tokens: list[Token]) -> list[Token]:
    """Phrases of several words as the sign that they mean: ``is greater than``, ``if and only if``."""
    kept: list[Token] = []
    at, inside = 0, False
    while at < len(tokens):
        spelled = [str(one).lower() for one in tokens[at : at + 7]]
        start = int(spelled[0] in ("is", "are"))
        ends = range(len(spelled), start, -1) if inside else ()
        size = next((end for end in ends if tuple(spelled[start:end]) in _PHRASES), 0)
        sign = _PHRASES[tuple(spelled[start:size])] if size else "⇔"
        kind = "TIMES" if sign in "*/" else "RELATION"
        if spelled[:4] == ["if", "and", "only", "if"]:
            size, kind = 4, "ARROW" if inside else "IF"
        if size:
            kept.append(Token(kind, sign, start_pos=tokens[at].start_pos, end_pos=tokens[at + size - 1].end_pos))
        else:
            kept.append(tokens[at])
        at += size or 1
        inside = inside or kept[-1].type not in ("WORD", "IF")
    return kept


def _sloppy(tokens: list[Token]) -> tuple[list[Token], list[str]]:
    """``m => n`` means at least, with a remark; between two conditions ``=>`` is an implication."""
    pieces, arrows = source.split(tokens, lambda one: one.type in ("SLOPPY", "ARROW"))
    if not any(one.type == "SLOPPY" for one in arrows):
        return tokens, []
    implies = any(one.type in ("RELATION", "IN", "TRUTH") for piece in pieces for one in piece)
    kind, sign = ("ARROW", "⇒") if implies else ("RELATION", "≥")
    turned = [one.update(type=kind, value=sign) if one.type == "SLOPPY" else one for one in tokens]
    return turned, [] if implies else ["Read => as >=."]
