"""Activation functions of z: from a typed text to nodes, bare names and cases in words included."""

from __future__ import annotations

from lark import Token

from grader.language import calls, nodes, validity, words
from grader.language.characters import clean
from grader.language.lexer import lex
from grader.language.nodes import Indicator
from grader.language.parsing import single
from grader.language.parts import CONDITIONS, place
from grader.language.reading.source import Reading, Text, comma, ended, label, located, split
from grader.language.unreadable import Unreadable
from grader.language.words import listed


def activation(text: str) -> Reading:
    """An activation function of ``z``: a name, or an expression."""
    with located(text):
        source = Text(text, "activation", ("z",))
        lexed = source.lexed()
        tokens, remarks = _trimmed(lexed.tokens, source.text)
        tokens = _spelled_out(tokens, source)
        validity.check(tokens, source.context, source.text)
        found = nodes.changed_everywhere(single(tokens, source.end), calls.exhausted)
        if isinstance(found, CONDITIONS):
            found = Indicator(found, span=found.span)
            remarks = [*remarks, "The condition was read as its indicator: 1 where it holds, 0 elsewhere."]
        validity.unlisted(found)
        validity.bounded(found)
        return Reading(found, (found,), (*lexed.remarks, *remarks))


def _spelled_out(tokens: list[Token], source: Text) -> list[Token]:
    """With every function that is defined by an expression in z as that expression: ``hardtanh(2z)``."""
    result = list(tokens)
    for at in [at for at, one in enumerate(tokens) if one.type == "FUNCTION" and one in words.DEFINED][::-1]:
        one, end = result[at], at + 1
        depth = 0
        while end < len(result) and (depth or end == at + 1):
            depth += (result[end].type == "OPEN") - (result[end].type == "CLOSE")
            end += 1
        argument = result[at + 1 : end]
        if not argument or argument[0].type != "OPEN" or depth:
            raise Unreadable("read.arguments", f"{one} needs its argument in brackets.", place(one))
        body = lex(clean(f"({words.DEFINED[one]})"), source.context).tokens
        made = [argument if part.type == "NAME" else [_placed(part, one)] for part in body]
        result[at:end] = [part for parts in made for part in parts]
        if len(result) > source.context.tokens:
            raise Unreadable("read.too-long", "This is too long to be read, with its functions spelled out.", (0, 1))
    return result


def _placed(part: Token, where: Token) -> Token:
    return Token(part.type, str(part), start_pos=where.start_pos, end_pos=where.end_pos)


_SEVERAL = listed("""max min clip where pow I""")
"""Functions of more than one argument, or of a condition: their bare name is no activation."""

_KIND_WORDS = listed("""activation value function unit nonlinearity the a applied elementwise to""")


def _trimmed(tokens: list[Token], text: str) -> tuple[list[Token], list[str]]:
    """An activation without its label; a bare name gets its argument, cases in words become cases."""
    tokens = ended([one for one in tokens if one.type != "NEWLINE"])
    if len(tokens) > 3 and tokens[0] == "lambda" and tokens[1].type == "NAME" and tokens[2].type == "COLON":
        tokens = tokens[3:]
    pieces, separators = split(tokens, lambda one: one == "=" or one.type in ("ASSIGN", "COLON", "APPROX"))
    while len(pieces) > 1 and separators[0].type != "APPROX" and label(pieces[0], text) and not _compared(pieces[0]):
        tokens = tokens[len(pieces[0]) + 1 :]
        pieces, separators = pieces[1:], separators[1:]
    while len(tokens) > 1 and tokens[-1].type == "WORD" and str(tokens[-1]).lower() in _KIND_WORDS:
        tokens = tokens[:-1]
    while len(tokens) > 1 and tokens[0].type == "WORD" and str(tokens[0]).lower() in _KIND_WORDS:
        tokens = tokens[1:]
    if [one.type for one in tokens] == ["FUNCTION", "OPEN", "CLOSE"]:
        tokens = tokens[:1]
    if len(tokens) == 2 and all(one.type == "FUNCTION" for one in tokens) and str(tokens[1]) == "step":
        tokens = tokens[1:]
    if len(tokens) == 1 and tokens[0].type == "FUNCTION" and str(tokens[0]) not in _SEVERAL:
        end = tokens[0].end_pos or 0
        made = (("OPEN", "("), ("NAME", "z"), ("CLOSE", ")"))
        return [tokens[0], *(Token(kind, value, start_pos=end, end_pos=end) for kind, value in made)], []
    chosen = [
        one
        for one, following in zip(tokens, [*tokens[1:], None])
        if not (one.type in ("COMMA", "ROW") and following is not None and following.type in ("ELSE", "THEN"))
    ]
    return piecewise(case_words(_reordered(_tuples(_at_least(chosen), text)))), []


def _at_least(tokens: list[Token]) -> list[Token]:
    """Inside brackets ``=>`` can only mean at least."""
    result, depth = [], 0
    for one in tokens:
        depth += (one.type == "OPEN") - (one.type == "CLOSE")
        inside = one.type == "SLOPPY" and depth > 0
        result.append(one.update(type="RELATION", value="≥") if inside else one)
    return result


def _compared(tokens: list[Token]) -> bool:
    """Whether z itself stands there beside words, as in ``is z = 5``: then the words are no label."""
    pieces, _ = split(tokens, lambda one: one.type == "NAME")
    return len(tokens) > 1 and len(pieces) > 1


def _tuples(tokens: list[Token], text: str) -> list[Token]:
    """In a conditional as programs have it, ``z in (1, 3)`` names two values, not the open interval between them."""
    result = list(tokens)
    if not any(one.type == "ELSE" for one in tokens):
        return result
    for index, one in enumerate(tokens[:-1]):
        if one.type != "IN" or tokens[index + 1] != "(" or "in" not in text[one.start_pos : one.end_pos].split():
            continue
        close = next((at for at in range(index + 2, len(tokens)) if tokens[at].type == "CLOSE"), None)
        if close is not None and tokens[close] == ")":
            for at, sign in ((index + 1, "{"), (close, "}")):
                old = tokens[at]
                result[at] = Token(old.type, sign, start_pos=old.start_pos, end_pos=old.end_pos)
    return result


def _reordered(tokens: list[Token]) -> list[Token]:
    """``if c then a else b`` and ``c ? a : b`` as ``a if c else b``."""
    first = tokens[0].type == "IF" if tokens else False
    pieces, signs = split(tokens, lambda one: one.type in ("THEN", "ELSE", "OTHERWISE", "QUERY", "COLON"))
    kinds = [one.type for one in signs]
    if not (first and kinds[:2] in (["THEN", "ELSE"], ["THEN", "OTHERWISE"])) and kinds[:2] != ["QUERY", "COLON"]:
        return tokens
    condition_ = pieces[0][1:] if first else pieces[0]
    places = (Token("IF", "if", start_pos=signs[0].start_pos, end_pos=signs[0].end_pos),
              Token("ELSE", "else", start_pos=signs[1].start_pos, end_pos=signs[1].end_pos))  # fmt: skip
    rest = tokens[len(pieces[0]) + len(pieces[1]) + 2 :]
    return [*pieces[1], places[0], *condition_, places[1], *_reordered(rest)]


def case_words(tokens: list[Token]) -> list[Token]:
    """Inside cases, ``if`` and ``for`` after the ampersand fall away and ``if`` without one becomes a comma."""
    kept: list[Token] = []
    inside = 0
    for one in tokens:
        inside += (one.type == "CASES") - (one.type == "CASESEND")
        word = str(one).lower()
        conditional = one.type == "IF" or (one.type == "WORD" and word in ("for", "on", "as"))
        if (inside and one.type in ("ELSE", "OTHERWISE")) or (inside and one.type == "WORD" and word == "else"):
            if kept and kept[-1].type != "COMMA":
                kept.append(comma(one))
            kept.append(one.update(type="OTHERWISE", value="otherwise"))
        elif inside and one.type == "WORD" and word in ("o", "w") and kept and kept[-1].type in ("COMMA", "OTHERWISE"):
            if kept[-1].type == "COMMA":
                kept.append(one.update(type="OTHERWISE", value="otherwise"))
        elif inside and conditional:
            if kept and kept[-1].type != "COMMA":
                kept.append(comma(one))
        elif inside and one.type == "COMMA" and kept and kept[-1].type in ("COMMA", "OTHERWISE"):
            continue
        else:
            kept.append(one)
    return kept


def piecewise(tokens: list[Token]) -> list[Token]:
    """``1 if z >= 1, 0 otherwise`` as cases; braces around it fall away."""
    if len(tokens) > 2 and tokens[0] == "{" and tokens[-1] == "}":
        inner, _ = split(tokens[1:-1], lambda one: False)
        if any(one.type in ("IF", "OTHERWISE") for one in inner[0]):
            tokens = tokens[1:-1]
    last = next((index for index, one in enumerate(tokens) if one.type == "OTHERWISE"), None)
    if last is not None and last < len(tokens) - 1 and not any(one.type == "CASES" for one in tokens):
        before = last - 1 if tokens[last - 1].type in ("COMMA", "ROW") else last
        joined = Token("ELSE", "else", start_pos=tokens[last].start_pos, end_pos=tokens[last].end_pos)
        return [*tokens[:before], joined, *tokens[last + 1 :]]
    rows, _ = split(tokens, lambda one: one.type in ("COMMA", "ROW"))
    if len(rows) < 2 or any(one.type in ("ELSE", "CASES") for one in tokens):
        return tokens
    made: list[Token] = [Token("CASES", "cases", start_pos=tokens[0].start_pos, end_pos=tokens[0].start_pos)]
    joined_rows: list[list[Token]] = []
    for row in rows:
        if row and row[0].type in ("IF", "OTHERWISE") and joined_rows:
            joined_rows[-1].extend(row)
        else:
            joined_rows.append(list(row))
    for number, row in enumerate(joined_rows):
        sign = next((one for one in row if one.type in ("IF", "OTHERWISE")), None)
        if sign is None:
            return tokens
        at = next(index for index, one in enumerate(row) if one is sign)
        if number:
            made.append(Token("ROW", ";", start_pos=sign.start_pos, end_pos=sign.start_pos))
        made.extend([*row[:at], comma(sign), *([sign] if sign.type == "OTHERWISE" else []), *row[at + 1 :]])
    end = tokens[-1].end_pos
    return [*made, Token("CASESEND", "cases", start_pos=end, end_pos=end)]
