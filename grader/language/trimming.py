"""What people write around an answer: labels, units, phrases, steps of a derivation, taken off the tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from lark import Token

from grader.language import words
from grader.language.unreadable import Unreadable, quoted


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OPEN = _set("""OPEN LOPEN MATRIX CASES FLOOR BAR""")
_CLOSE = _set("""CLOSE LCLOSE MATRIXEND CASESEND FLOOREND BAREND""")
_REVERSE = frozenset(("reverse", "backward", "backprop", "backpropagation"))


@dataclass
class Trimmed:
    """The members of an answer (of a chain of equalities, say), and what was noticed."""

    members: list[list[Token]]
    notes: list[str] = field(default_factory=list)


def split(tokens: list[Token], parts: Callable[[Token], bool]) -> tuple[list[list[Token]], list[Token]]:
    """The tokens between the separators that stand outside all brackets, and the separators."""
    pieces: list[list[Token]] = [[]]
    separators: list[Token] = []
    depth = 0
    for one in tokens:
        depth += (one.type in _OPEN) - (one.type in _CLOSE)
        if depth == 0 and parts(one):
            separators.append(one)
            pieces.append([])
        else:
            pieces[-1].append(one)
    return pieces, separators


def formula(tokens: list[Token], text: str) -> Trimmed:
    """A formula without label, unit and phrases; the members of a chain of equalities one by one."""
    trimmed = Trimmed([])
    tokens = ended(lines(tokens, refuse=True))
    if tokens and (tokens[0].type in ("APPROX", "ARROW") or tokens[0] == "="):
        if tokens[0].type == "APPROX":
            trimmed.notes.append("Read as exact.")
        tokens = tokens[1:]
    pieces, separators = split(tokens, _equates)
    while len(pieces) > 1 and label(pieces[0], text):
        trimmed.notes.append("The label before the formula was left out.")
        pieces, separators = pieces[1:], separators[1:]
    if any(one.type in ("COLON", "ASSIGN") for one in separators):
        colon = next(one for one in separators if one.type in ("COLON", "ASSIGN"))
        raise Unreadable(
            "read.unexpected",
            f"{quoted(str(colon))} has no meaning in a formula.",
            (colon.start_pos or 0, colon.end_pos or 0),
        )
    for piece in pieces:
        trimmed.members.append(_measured(_introduced(piece, words.PREFIXES)))
    return trimmed


def _equates(one: Token) -> bool:
    return one == "=" or one.type in ("APPROX", "COLON", "ASSIGN")


def lines(tokens: list[Token], refuse: bool = False) -> list[Token]:
    """Line breaks dropped where the expression goes on; elsewhere a comma, or an error."""
    kept: list[Token] = []
    for index, one in enumerate(tokens):
        if one.type != "NEWLINE":
            kept.append(one)
            continue
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if following is None or not kept or following.type not in _STARTS:
            continue
        if refuse:
            raise Unreadable(
                "read.two-lines",
                "A new line starts here without an operator.",
                (following.start_pos or 0, following.end_pos or 0),
                hint="Give one formula, on one line.",
            )
        kept.append(Token("COMMA", ",", start_pos=one.start_pos, end_pos=one.end_pos))
    return kept


_STARTS = _set("""NUMBER NAME FUNCTION OPEN LOPEN FRACTION ROOT MATRIX CONSTANT BAR FLOOR CHOOSE NOT""")


def ended(tokens: list[Token]) -> list[Token]:
    """Without commas, semicolons and arrows at the end."""
    while tokens and tokens[-1].type in ("COMMA", "ROW", "NEWLINE"):
        tokens = tokens[:-1]
    return tokens


def label(tokens: list[Token], text: str) -> bool:
    """Whether this only names what follows: ``time``, ``T(n)``, ``\\text{memory}``, ``T_{rev}``, ``# mults``."""
    outside, _ = split(tokens, lambda one: False)
    flat = _outside(outside[0])
    if not flat:
        return False
    first = flat[0]
    if any(one.type in ("TIMES", "CARET", "RELATION", "BANG") and not _joins(tokens, one) for one in flat):
        return False
    if any(one.type == "SIGN" and not _joins(tokens, one) for one in flat):
        return False
    if any(one.type == "WORD" for one in flat):
        return first.type != "NUMBER"
    if first.type != "NAME":
        return False
    typed = text[first.start_pos or 0 : first.end_pos or 0]
    if len(flat) == 1 and typed.isupper() and typed != str(first):
        return True
    # m(n) = … names a function, although m n would be a product.
    bracket = tokens[1:]
    return (
        len(flat) == 1 and len(bracket) > 2 and all(one.type in ("OPEN", "NAME", "COMMA", "CLOSE") for one in bracket)
    )


def _outside(tokens: Iterable[Token]) -> list[Token]:
    depth, found = 0, []
    for one in tokens:
        depth += one.type in _OPEN
        if depth == 0:
            found.append(one)
        depth -= one.type in _CLOSE
    return found


def _joins(tokens: list[Token], one: Token) -> bool:
    """Whether a sign stands between two words: reverse-mode, mults/adds."""
    at = next(index for index, other in enumerate(tokens) if other is one)
    return 0 < at < len(tokens) - 1 and tokens[at - 1].type == "WORD" and tokens[at + 1].type == "WORD"


def _introduced(tokens: list[Token], prefixes: frozenset[str]) -> list[Token]:
    """Without small words before the formula; a lone letter only counts as a word before another word."""
    at = 0
    while at < len(tokens) and tokens[at].type == "WORD" and str(tokens[at]).lower() in prefixes:
        if len(tokens[at]) == 1 and not (at + 1 < len(tokens) and tokens[at + 1].type == "WORD"):
            break
        at += 1
    return tokens[at:] if at < len(tokens) else tokens


def _measured(tokens: list[Token]) -> list[Token]:
    """Without the unit words after the formula."""
    at = len(tokens)
    while at > 1:
        last = tokens[at - 1]
        if (
            (last.type == "WORD" and len(last) > 1 and words.unit(str(last)))
            or last.type == "COMMA"
            or (last == "-" and at < len(tokens))
        ):
            at -= 1
        elif last.type == "CLOSE" and (opening := _wordy(tokens, at - 1)) is not None and opening:
            at = opening
        else:
            break
    return tokens[:at]


def _wordy(tokens: list[Token], close: int) -> int | None:
    at = close - 1
    while at >= 0 and tokens[at].type == "WORD" and words.unit(str(tokens[at])):
        at -= 1
    return at if at >= 0 and at < close - 1 and tokens[at].type == "OPEN" else None


def condition(tokens: list[Token], text: str) -> Trimmed:
    """A condition without phrases; of a derivation the step that counts."""
    trimmed = Trimmed([])
    tokens = _phrases(_unremarked(ended(lines(tokens))))
    tokens = _sloppy(tokens, trimmed.notes)
    while tokens and tokens[0].type in ("ARROW",):
        tokens = tokens[1:]
    pieces, colons = split(tokens, lambda one: one.type == "COLON")
    if colons and label(pieces[0], text):
        tokens = tokens[len(pieces[0]) + 1 :]
    steps, arrows = split(tokens, lambda one: one.type == "ARROW")
    while len(steps) > 1 and all(one.type in ("WORD", "IN") for one in steps[-1]):
        steps, arrows = steps[:-1], arrows[:-1]
    if arrows and arrows[0] == "⇐":
        steps, arrows = steps[:1], []
        trimmed.notes.append("Of the steps, the first one counts.")
    elif arrows:
        last = max((index for index, arrow in enumerate(arrows) if arrow == "⇒"), default=-1)
        steps = steps[last + 1 :]
        trimmed.notes.append("Of the steps, the last one counts.")
    trimmed.members = [_concluded(_conditioned(step)) for step in steps]
    return trimmed


def _unremarked(tokens: list[Token]) -> list[Token]:
    """Without remarks in brackets that hold words alone, and without commas before ``and`` and ``or``."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        one = tokens[at]
        end = at + 1
        while one.type == "OPEN" and kept and end < len(tokens) and tokens[end].type == "WORD":
            end += 1
        if end > at + 1 and end < len(tokens) and tokens[end].type == "CLOSE":
            at = end + 1
            continue
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if not (one.type == "COMMA" and following is not None and following.type in ("AND", "OR")):
            kept.append(one)
        at += 1
    return kept


def _conditioned(tokens: list[Token]) -> list[Token]:
    at, forward = 0, False
    while at < len(tokens):
        word = str(tokens[at]).lower()
        forward = forward or word.startswith("forward")
        allowed = word in words.CONDITION_PREFIXES and (word not in _REVERSE or forward)
        joined = tokens[at] == "-" and at and tokens[at - 1].type == "WORD"
        if not (
            tokens[at].type == "IF"
            or joined
            or (tokens[at].type in ("WORD", "IN", "COMMA") and (allowed or word == ","))
            or (word == "than" and forward)
        ):
            break
        at += 1
    while at and at < len(tokens) and len(tokens[at - 1]) == 1 and tokens[at - 1].type == "WORD":
        at -= 1
    return tokens[at:]


def _concluded(tokens: list[Token]) -> list[Token]:
    at = len(tokens)
    while at > 1:
        last = tokens[at - 1]
        if (last.type == "WORD" and str(last).lower() in words.CONDITION_SUFFIXES) or last.type in ("COMMA", "ROW"):
            at -= 1
        else:
            break
    return tokens[:at]


def _phrases(tokens: list[Token]) -> list[Token]:
    """Phrases of several words as the sign that they mean: ``is greater than``, ``if and only if``, ``i.e.``"""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        size, kind, sign = _phrase([str(one).lower() for one in tokens[at : at + 7]], bool(kept))
        if size:
            kept.append(Token(kind, sign, start_pos=tokens[at].start_pos, end_pos=tokens[at + size - 1].end_pos))
            at += size
        else:
            kept.append(tokens[at])
            at += 1
    return kept


def _phrase(spelled: list[str], inside: bool) -> tuple[int, str, str]:
    for skip in (1, 0):
        if skip and spelled[:1] not in (["is"], ["are"]):
            continue
        for phrase, sign in words.COMPARISONS.items():
            parts = phrase.split()
            if spelled[skip : skip + len(parts)] == parts and inside:
                return skip + len(parts), "RELATION" if sign not in "*/" else "TIMES", sign
    if spelled[:4] == ["if", "and", "only", "if"]:
        return 4, "ARROW" if inside else "IF", "⇔"
    if spelled[:2] == ["i", "e"]:
        return 2, "ARROW", "⇔"
    if spelled[:1] and spelled[0] in words.IMPLICATIONS and inside:
        return 1, "ARROW", words.IMPLICATIONS[spelled[0]]
    return 0, "", ""


def _sloppy(tokens: list[Token], notes: list[str]) -> list[Token]:
    """``m => n`` means at least; between two conditions ``=>`` is an implication."""
    pieces, arrows = split(tokens, lambda one: one.type in ("SLOPPY", "ARROW"))
    if not any(one.type == "SLOPPY" for one in arrows):
        return tokens
    stated = [any(one.type in ("RELATION", "IN", "TRUTH") for one in piece) for piece in pieces]
    implies = any(stated)
    if not implies:
        notes.append("Read => as >=.")
    return [
        one
        if one.type != "SLOPPY"
        else Token(
            "ARROW" if implies else "RELATION", "⇒" if implies else "≥", start_pos=one.start_pos, end_pos=one.end_pos
        )
        for one in tokens
    ]


_WRAPPERS = _set("""array matrix tensor vector list column row vec mat asarray float64 ndarray""")
_TAILS = _set("""vector matrix column row transpose transposed float dtype int units""")


def array(tokens: list[Token], text: str) -> tuple[list[list[Token]], bool]:
    """The members of a chain of arrays without labels and wrappers, and whether the label was a transposed one."""
    tokens = [_comma(one) if one.type == "AND" else one for one in tokens]
    tokens = _unwrapped(tokens)
    tokens = _entry_labels(ended(tokens))
    pieces, _ = split(tokens, lambda one: one == "=" or one.type in ("COLON", "APPROX", "ASSIGN"))
    transposed = False
    while len(pieces) > 1 and _names_only(pieces[0]):
        transposed = bool(pieces[0]) and pieces[0][-1].type == "TRANSPOSE"
        pieces = pieces[1:]
    members = []
    for piece in pieces:
        piece = ended(piece)
        while piece and (piece[0].type in ("COMMA", "ROW")):
            piece = piece[1:]
        while len(piece) > 1 and piece[-1].type == "WORD" and str(piece[-1]).lower() in _TAILS:
            piece = ended(piece[:-1])
        members.append(piece)
    return members, transposed


def _comma(one: Token) -> Token:
    return Token("COMMA", ",", start_pos=one.start_pos, end_pos=one.end_pos)


def _names_only(tokens: list[Token]) -> bool:
    return all(
        one.type in ("WORD", "TRANSPOSE", "NUMBER", "UNDERSCORE", "OPEN", "CLOSE", "PRIME", "FUNCTION")
        for one in tokens
    ) and (not tokens or tokens[0].type in ("WORD", "FUNCTION"))


def _unwrapped(tokens: list[Token]) -> list[Token]:
    """Without ``np.array(``, ``tensor(…, dtype=…)`` and words such as ``column vector`` before a bracket."""
    kept: list[Token] = []
    skip = -1
    for index, one in enumerate(tokens):
        if index <= skip:
            continue
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if (
            one.type == "WORD"
            and str(one).lower() in _WRAPPERS
            and following is not None
            and (following.type in ("OPEN", "LOPEN", "MATRIX") or str(following).lower() in _WRAPPERS)
        ):
            continue
        option = (
            one.type == "COMMA"
            and following is not None
            and str(following).lower() in ("dtype", "device", "requires", "ndmin", "copy")
        )
        if option:
            skip = index
            while skip + 1 < len(tokens) and tokens[skip + 1].type != "CLOSE":
                skip += 1
            continue
        kept.append(one)
    return kept


def _entry_labels(tokens: list[Token]) -> list[Token]:
    """``z1 = 6, z2 = 12`` entry by entry: the labels dropped, if they count 1, 2, 3 (or 0, 1, 2) in order."""
    kept: list[Token] = []
    indices: list[int] = []
    at = 0
    while at < len(tokens):
        size = 0
        if tokens[at].type == "WORD" and len(tokens[at]) == 1:
            rest = [one.type for one in tokens[at + 1 : at + 6]]
            spelled = [str(one) for one in tokens[at + 1 : at + 6]]
            if rest[:2] == ["NUMBER", "RELATION"]:
                size, number = 3, spelled[0]
            elif rest[:3] == ["UNDERSCORE", "NUMBER", "RELATION"]:
                size, number = 4, spelled[1]
            elif rest[:5] == ["UNDERSCORE", "LOPEN", "NUMBER", "LCLOSE", "RELATION"] or rest[:5] == [
                "UNDERSCORE",
                "OPEN",
                "NUMBER",
                "CLOSE",
                "RELATION",
            ]:
                size, number = 6, spelled[2]
        if size and number.isdigit() and len(number) < 4:
            indices.append(int(number))
            at += size
        else:
            kept.append(tokens[at])
            at += 1
    if len(indices) > 1 and indices in (list(range(1, len(indices) + 1)), list(range(len(indices)))):
        return kept
    return tokens


_KIND_WORDS = _set("""activation value function unit nonlinearity the a applied elementwise to""")


def activation(tokens: list[Token], text: str) -> tuple[list[Token], list[str]]:
    """An activation without its label; a bare name gets its argument, cases in words become cases."""
    tokens = ended([one for one in tokens if one.type != "NEWLINE"])
    if len(tokens) > 3 and tokens[0] == "lambda" and tokens[1].type == "NAME" and tokens[2].type == "COLON":
        tokens = tokens[3:]
    pieces, separators = split(tokens, lambda one: one == "=" or one.type in ("ASSIGN", "COLON", "APPROX"))
    while len(pieces) > 1 and separators[0].type != "APPROX" and label(pieces[0], text):
        tokens = tokens[len(pieces[0]) + 1 :]
        pieces, separators = pieces[1:], separators[1:]
    while len(tokens) > 1 and tokens[-1].type == "WORD" and str(tokens[-1]).lower() in _KIND_WORDS:
        tokens = tokens[:-1]
    while len(tokens) > 1 and tokens[0].type == "WORD" and str(tokens[0]).lower() in _KIND_WORDS:
        tokens = tokens[1:]
    if len(tokens) == 2 and all(one.type == "FUNCTION" for one in tokens) and str(tokens[1]) == "step":
        tokens = tokens[1:]
    if len(tokens) == 1 and tokens[0].type == "FUNCTION":
        end = tokens[0].end_pos or 0
        made = (("OPEN", "("), ("NAME", "z"), ("CLOSE", ")"))
        return [tokens[0], *(Token(kind, value, start_pos=end, end_pos=end) for kind, value in made)], []
    chosen = [
        one
        for one, following in zip(tokens, [*tokens[1:], None])
        if not (one.type in ("COMMA", "ROW") and following is not None and following.type in ("ELSE", "THEN"))
    ]
    return _piecewise(_case_words(_reordered(chosen))), []


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


def _case_words(tokens: list[Token]) -> list[Token]:
    """Inside cases, ``if`` and ``for`` after the ampersand fall away and ``if`` without one becomes a comma."""
    kept: list[Token] = []
    inside = 0
    for one in tokens:
        inside += (one.type == "CASES") - (one.type == "CASESEND")
        word = str(one).lower()
        conditional = one.type == "IF" or (one.type == "WORD" and word in ("for", "on", "as"))
        if (inside and one.type in ("ELSE", "OTHERWISE")) or (inside and one.type == "WORD" and word == "else"):
            if kept and kept[-1].type != "COMMA":
                kept.append(_comma(one))
            kept.append(Token("OTHERWISE", "otherwise", start_pos=one.start_pos, end_pos=one.end_pos))
        elif inside and one.type == "WORD" and word in ("o", "w") and kept and kept[-1].type in ("COMMA", "OTHERWISE"):
            if kept[-1].type == "COMMA":
                kept.append(Token("OTHERWISE", "otherwise", start_pos=one.start_pos, end_pos=one.end_pos))
        elif inside and conditional:
            if kept and kept[-1].type != "COMMA":
                kept.append(_comma(one))
        elif inside and one.type == "COMMA" and kept and kept[-1].type in ("COMMA", "OTHERWISE"):
            continue
        else:
            kept.append(one)
    return kept


def _piecewise(tokens: list[Token]) -> list[Token]:
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
        made.extend([*row[:at], _comma(sign), *([sign] if sign.type == "OTHERWISE" else []), *row[at + 1 :]])
    end = tokens[-1].end_pos
    return [*made, Token("CASESEND", "cases", start_pos=end, end_pos=end)]


def equation(tokens: list[Token]) -> Trimmed:
    """The right-hand side of an equation; members of a chain one by one."""
    trimmed = Trimmed([])
    tokens = ended([one for one in tokens if one.type != "NEWLINE"])
    tokens = _entries(_picked(_case_words(tokens), trimmed.notes))
    pieces, _ = split(tokens, lambda one: one == "=" or one.type in ("ASSIGN", "COLON", "APPROX"))
    if len(pieces) > 1 and (not pieces[0] or [one.type for one in pieces[0]] == ["NAME"]):
        pieces = pieces[1:]
    trimmed.members = pieces
    return trimmed


def _entries(tokens: list[Token]) -> list[Token]:
    """``y'_t``, the entry of a vector at the label, is ``(onehot(t)^T @ y')``."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        kinds = [one.type for one in tokens[at : at + 5]]
        size = 3 if kinds[:3] == ["NAME", "UNDERSCORE", "NAME"] else 0
        size = 5 if kinds == ["NAME", "UNDERSCORE", "OPEN", "NAME", "CLOSE"] else size
        if not size:
            kept.append(tokens[at])
            at += 1
            continue
        vector, place = tokens[at], tokens[at + (2 if size == 3 else 3)]
        made = (
            *(("OPEN", "("), ("FUNCTION", "onehot"), ("OPEN", "("), ("NAME", str(place)), ("CLOSE", ")")),
            *(("TRANSPOSE", "T"), ("TIMES", "@"), ("NAME", str(vector)), ("CLOSE", ")")),
        )
        kept.extend(Token(kind, value, start_pos=vector.start_pos, end_pos=place.end_pos) for kind, value in made)
        at += size
    return kept


def _picked(tokens: list[Token], notes: list[str]) -> list[Token]:
    """``I(t = k)`` with a free index k is, over all k, the one-hot vector of t."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        kinds = [one.type for one in tokens[at : at + 6]]
        inner = tokens[at + 2 : at + 5]
        if kinds == ["FUNCTION", "OPEN", "NAME", "RELATION", "WORD", "CLOSE"] or kinds == [
            "FUNCTION",
            "OPEN",
            "WORD",
            "RELATION",
            "NAME",
            "CLOSE",
        ]:
            named = next(one for one in inner if one.type == "NAME")
            free = next(one for one in inner if one.type == "WORD")
            if tokens[at] == "I" and inner[1] == "=" and len(free) == 1:
                kept.extend(
                    [
                        Token("FUNCTION", "onehot", start_pos=tokens[at].start_pos, end_pos=tokens[at].end_pos),
                        tokens[at + 1],
                        named,
                        tokens[at + 5],
                    ]
                )
                notes.append(f"{tokens[at]}({named} = {free}) over all {free} was read as onehot({named}).")
                at += 6
                continue
        kept.append(tokens[at])
        at += 1
    return kept
