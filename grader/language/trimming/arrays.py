"""Labels and wrappers around a list of numbers: z =, np.array(…), z1 = 6."""

from __future__ import annotations

from lark import Token

from grader.language.trimming.tokens import comma, ended, split
from grader.language.words import listed

_WRAPPERS = listed("""array matrix tensor vector list column row vec mat asarray float64 ndarray""")
_TAILS = listed("""vector matrix column row transpose transposed float dtype int units""")


def array(tokens: list[Token], text: str) -> tuple[list[list[Token]], bool]:
    """The members of a chain of arrays without labels and wrappers, and whether the label was a transposed one."""
    tokens = [comma(one) if one.type == "AND" else one for one in tokens]
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
