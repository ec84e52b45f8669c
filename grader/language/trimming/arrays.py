"""Labels and wrappers around a list of numbers: z =, np.array(…), z1 = 6."""

from __future__ import annotations

from lark import Token

from grader.language import words
from grader.language.trimming import lists
from grader.language.trimming.tokens import comma, ended, split
from grader.language.unreadable import Unreadable
from grader.language.words import listed

_WRAPPERS = listed("""the a symmetric array matrix tensor vector list column row vec mat asarray float64 ndarray""")
_TAILS = listed("""vector matrix column row as a the symmetric transpose transposed float dtype int units""")


def array(tokens: list[Token], text: str) -> tuple[list[list[Token]], bool]:
    """The members of a chain of arrays without labels and wrappers, and whether the label was a transposed one."""
    lists.slashes(tokens, text)
    lists.indexed(tokens)
    tokens = [
        comma(one) if one.type == "AND" else one
        for one, before in zip(tokens, [None, *tokens])
        if one.type != "AND" or before is None or before.type != "COMMA"
    ]
    tokens = _rows(lists.factored(tokens))
    tokens = _unwrapped(tokens)
    tokens = _entry_labels(ended(tokens))
    pieces, signs = split(tokens, _names)
    transposed = False
    if len(pieces) > 1 and _names_only(pieces[-1]):
        pieces = pieces[:-1]
    while len(pieces) > 1 and _names_only(pieces[0]):
        transposed = bool(pieces[0]) and pieces[0][-1].type == "TRANSPOSE"
        pieces = pieces[1:]
    if set(signs) == {"="}:  # a step in symbols, 5w in p = 5w = (5, 10), is no list: those on either side of it count
        pieces = [piece for piece in pieces if not _symbolic(piece)] or pieces
    members = []
    for piece in pieces:
        piece = ended(piece)
        while piece and (piece[0].type in ("COMMA", "ROW")):
            piece = piece[1:]
        piece = _unremarked(piece)
        while len(piece) > 1 and piece[-1].type == "WORD" and str(piece[-1]).lower() in _TAILS:
            piece = ended(piece[:-1])
        members.append(piece)
    return members, transposed


def _names(one: Token) -> bool:
    """Whether what stands before this token only says what the list is."""
    said = one.type == "WORD" and str(one).lower() in ("is", "are", "equals")
    return said or one == "=" or one.type in ("COLON", "APPROX", "ASSIGN")


def _symbolic(tokens: list[Token]) -> bool:
    """Whether it holds the name of something, a letter or a letter with a number, and neither a list nor words."""
    words = [str(one).rstrip("0123456789") for one in tokens if one.type in ("WORD", "NAME")]
    return (
        bool(words) and max(map(len, words)) == 1 and not any(one.type in ("COMMA", "ROW", "MATRIX") for one in tokens)
    )


def _unremarked(tokens: list[Token]) -> list[Token]:
    """Without a remark in brackets after the numbers: ``(column vector)``."""
    at = len(tokens) - 2
    while at > 0 and tokens[at].type == "WORD" and str(tokens[at]).lower() in _TAILS:
        at -= 1
    remark = 0 < at < len(tokens) - 2 and tokens[at].type == "OPEN" and tokens[-1].type == "CLOSE"
    return ended(tokens[:at]) if remark else tokens


def _rows(tokens: list[Token]) -> list[Token]:
    """Where blanks part the entries, the sign between groups of equal size parts rows: ``1 2, 3 4``."""
    levels: list[list[int]] = [[]]
    nested: set[int] = set()
    result = list(tokens)

    def part(places: list[int]) -> None:
        seen = {str(tokens[place]) for place in places if tokens[place].type == "COMMA"}
        inner = bool(places) and any(index in nested for index in range(places[0], places[-1]))
        outer = next(
            (sign for sign in ("|", ",\n") if sign in seen and len(seen) > 1), "," if seen == {"", ","} else None
        )
        if outer is None or any(tokens[place].type != "COMMA" for place in places):
            _one_separator(tokens, places, inner)
            return
        sizes = [1]
        for place in places:
            sizes = [*sizes, 1] if tokens[place] == outer else [*sizes[:-1], sizes[-1] + 1]
        if len(set(sizes)) == 1 and sizes[0] > 1 and not inner and len(levels) < 2:
            for place in places:
                if tokens[place] == outer:
                    result[place] = Token("ROW", ";", start_pos=tokens[place].start_pos, end_pos=tokens[place].end_pos)
        else:
            _one_separator(tokens, places, inner)

    for index, one in enumerate(tokens):
        if one.type in ("OPEN", "LOPEN", "MATRIX"):
            levels.append([])
        elif one.type in ("CLOSE", "LCLOSE", "MATRIXEND") and len(levels) > 1:
            part(levels.pop())
            nested.add(index)
        elif one.type in ("COMMA", "ROW", "RELATION", "NEWLINE"):
            levels[-1].append(index)
    part(levels[0])
    return result


def _one_separator(tokens: list[Token], places: list[int], nested: bool) -> None:
    """Raises ``Unreadable`` where commas part some numbers of a list and blanks others: ``[5, 1 7, 9]``."""
    commas = [tokens[place] for place in places if tokens[place].type == "COMMA"]
    blank = next((one for one in commas if not one), None)
    if blank is not None and not nested and any(one == "," for one in commas):
        at = blank.start_pos or 0
        raise Unreadable(
            "read.separators",
            "Commas part the entries of this list, and here a blank stands between two numbers.",
            (max(at - 1, 0), at),
            hint="Put a comma between two entries; write a fraction as 7/2 and a number without blanks.",
        )


def _names_only(tokens: list[Token]) -> bool:
    if any(one in ("∂", "∇") for one in tokens):
        return not any(one.type in ("COMMA", "ROW", "MATRIX", "LOPEN") for one in tokens)
    while len(tokens) > 1 and tokens[0].type == "WORD" and str(tokens[0]).lower() in words.PREFIXES:
        tokens = tokens[2 if tokens[1].type == "COMMA" else 1 :]
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
    letters: set[str] = set()
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
            letters.add(str(tokens[at]))
            at += size
        else:
            kept.append(tokens[at])
            at += 1
    if (
        len(indices) > 1
        and len(letters) == 1
        and indices in (list(range(1, len(indices) + 1)), list(range(len(indices))))
    ):
        return kept
    return tokens
