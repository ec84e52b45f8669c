"""What only equations have: entries, sums over an index, derivatives, names of the student's own, as tokens."""

from __future__ import annotations

import re

from grader.language import words
from grader.language.cleaning import INDICATOR
from grader.language.lexemes import Lexeme
from grader.language.lexer import Stem
from grader.language.nodes import Span
from grader.language.unreadable import Unreadable, quoted
from grader.language.wording import DERIVED, Wording, indices

_OPERATORS = ("D", "J", "d", "∂", "∇")
"""What stands before the softmax, or with it below, for its Jacobian."""
_FRACTIONS = ("\\frac", "\\dfrac", "\\tfrac", "\\cfrac")
LOSSES = ("L", "ℒ", "ℓ", "l", "loss", "Loss", "E", "C", "cost", "Cost")
"""What people call the objective where they differentiate it."""

Variable = tuple[str, tuple[str, ...], int]
"""A name of the problem, the indices below it, and where both end."""


class Calculus(Wording):
    """The lexer of equations. What reads something that may not be there returns None where it is not."""

    def one(self, index: int, lexeme: Lexeme) -> int:
        if lexeme.kind == "dress":
            return index + 1
        after = self._calculus(index, lexeme)
        return super().one(index, lexeme) if after is None else after

    def _calculus(self, index: int, lexeme: Lexeme) -> int | None:
        if lexeme.kind == "word" and (after := self._own(index)) is not None:
            return after
        if lexeme.kind == "structure" or lexeme.text in ("(", "δ", "grad") or lexeme.text[:1] in _OPERATORS:
            for read in (self._slope, self._ratio, self._signal, self._jacobian, self._short):
                if (after := read(index)) is not None:
                    return after
        summing = lexeme.kind == "word" and words.FUNCTIONS.get(lexeme.text.lower()) == "sum"
        if summing or lexeme.text in ("∑", "Σ"):
            return self._total(index)
        if lexeme.text == "o" and self.text(index + 1) in (".", "/") and self.text(index + 2) == "w":
            return self.made("OTHERWISE", "otherwise", index, 3 + (self.text(index + 3) == "."))
        return self._delta(index) if lexeme.text in ("δ", "delta") else None

    def called(self, function: str, argument: str, span: Span) -> None:
        """Puts the call of a function of a name, or of two indices that are compared: ``k=t``."""
        self.put("FUNCTION", function, span)
        self.put("OPEN", "(", span)
        for one in re.split("(=)", argument):
            self.put("RELATION" if one == "=" else "NUMBER" if one.isdigit() else "NAME", one, span)
        self.put("CLOSE", ")", span)

    # What signs and words say here alone

    def _sign(self, index: int, lexeme: Lexeme) -> int:
        sign = lexeme.text
        if sign == "∑" and self.text(index + 1) != "_":
            return self.made("FUNCTION", "sum", index)
        if sign == "_" and self.after_operand:
            if (below := self.subscript(index)) is None:
                expected = "letters such as i, j, k, the label, or a number"
                raise Unreadable("read.index", "This index is not read.", lexeme.span, expected=expected)
            return self._below(below[0], index, below[1])
        if sign in ("...", "⊤"):
            return self.made("DOTS" if sign == "..." else "TRANSPOSE", sign, index)
        if sign in "∂∇":
            raise unread(lexeme)
        if sign == "'" and self._matrix_before():
            name = str(self.out[-1])
            if name.endswith("_bar") and f"{name.removesuffix('_bar')}'" in self.symbols.names:
                self.remarks.append(f"{name}' was read as the transpose of {name}, since a matrix follows.")
            return self.made("TRANSPOSE", "'", index)
        return super()._sign(index, lexeme)

    def _matrix_before(self) -> bool:
        """Whether what stands before can be transposed."""
        name = str(self.out[-1]) if self.last == "NAME" else ""
        return self.last in ("CLOSE", "TRANSPOSE") or name[:1].isupper() or name.endswith(("'", "_bar"))

    def _caret(self, index: int, lexeme: Lexeme) -> int:
        inner, size, _ = self.raised(index)
        following = self.lexeme(index + 1)
        if self.last in ("NAME", "CLOSE") and following.text != "(" and inner.lower() in ("t", "tr"):
            # The label is no number: nothing is raised to it.
            return self.made("TRANSPOSE", "T", index, size)
        if following.kind == "word" and following.text[:1] == "T" and following.text not in ("T", "transpose"):
            # W^Tx: the T ends the power, what is left is a factor.
            self.put("TRANSPOSE", "T", (lexeme.start, following.start + 1))
            self.lexemes[index + 1] = following._replace(text=following.text[1:], start=following.start + 1, gap="")
            return index + 1
        if self.texts(index + 1, index + 3) == ["{", "("] and self.text(index + 4) == ")":
            message = "What this number or letter in brackets above it says is not clear."
            hint = "Put an index below: x_i. A power has no brackets: x^2."
            raise Unreadable("read.index", message, self.span(index, index + 5), hint=hint)
        return super()._caret(index, lexeme)

    def _point(self, index: int, lexeme: Lexeme) -> int:
        following = self.lexeme(index + 1)
        if following.text == "sum" and self.texts(index + 2, index + 4) == ["(", ")"] and self.after_operand:
            return self._summed(index)
        if following.text == "grad" and self.last == "NAME":
            self.out[-1] = self.out[-1].update(value=f"{self.out[-1]}_bar")
            return index + 2
        return super()._point(index, lexeme)

    def _idle(self, following: Lexeme) -> bool:
        matrix = self._matrix_before()
        return (
            (not following.gap and following.text in ("+", "-", *"<>≤≥=≠"))  # Julia's .- and .>
            or (following.text == "(" and self.last in ("FUNCTION", "WORD"))  # Julia's f.(x)
            or (matrix and following.kind in ("word", "open"))  # Mathematica's A.b
            or (matrix and following.text == "'" and not following.gap)
        )

    def _summed(self, index: int) -> int:
        """``(a * b).sum()``: the sum of what stands before the point."""
        depth, at = 0, len(self.out)
        while at and (at == len(self.out) or depth):
            at -= 1
            depth += (self.out[at].type == "CLOSE") - (self.out[at].type == "OPEN")
        at -= at > 0 and self.out[at - 1].type == "FUNCTION"
        behind, self.out = self.out[at:], self.out[:at]
        self.put("FUNCTION", "sum", self.lexemes[index + 1].span)
        self.put("OPEN", "(", self.lexemes[index + 1].span)
        self.out += behind
        self.put("CLOSE", ")", self.lexemes[index + 1].span)
        return index + 4

    def _number(self, index: int, lexeme: Lexeme) -> int:
        if self.texts(index, index + 2) == ["1", "^"] and {"T", "⊤"} & set(self.texts(index + 2, index + 4)):
            return self.made("CONSTANT", "ones", index)
        return super()._number(index, lexeme)

    def _plain_word(self, index: int, lexeme: Lexeme) -> int:
        if lexeme.text == "T" and self._matrix_before() and not lexeme.gap:
            return self.made("TRANSPOSE", "T", index)
        if lexeme.text == "e" and self.text(index + 1) == "_" and Stem("e") not in self.symbols.table:
            return self._basis_vector(index + 1, lexeme)
        return super()._plain_word(index, lexeme)

    def _unknown(self, index: int, lexeme: Lexeme) -> int:
        word = lexeme.text
        if word == "range":
            raise Unreadable("read.index", "Only sums over all values of an index are read.", lexeme.span)
        if self.numbered(index + 1):
            return self.made("WORD", word + self.text(index + 1), index, 2)
        # Whether a letter is the index of something is seen when all is read.
        letter = len(word) == 1 and word.islower() and word.isascii()
        return self.made("NAME" if letter else "WORD", word, index)

    def _function(self, index: int, lexeme: Lexeme) -> int | None:
        word, following = lexeme.text, self.text(index + 1)
        if word in ("θ", "Θ") and following == "(":
            self.remarks.append(f"{word} was read as the step function.")
            return self.made("FUNCTION", "step", index)
        if words.FUNCTIONS.get(word.lower()) == "onehot" and following == "_":
            return self._basis_vector(index + 1, lexeme)
        return super()._function(index, lexeme)

    def _letter(self, index: int, lexeme: Lexeme) -> int | None:
        below = self.text(index + 1) == "_"
        if lexeme.text == "I" and (not below or self.subscript(index + 1) is not None):
            # The identity matrix, of the size that its place asks for.
            return self.made("CONSTANT", "eye", index)
        if lexeme.text != INDICATOR:
            return None
        return self._basis_vector(index + 1, lexeme) if below else self.made("CONSTANT", "ones", index)

    def _basis_vector(self, at: int, lexeme: Lexeme) -> int:
        # e_t, with the label below: the one-hot vector of t.
        inside = at + 2 if self.text(at + 1) == "{" else at + 1
        found = self.spelled(inside)
        if found is None or found.rest is not None:
            raise Unreadable("read.subscript", "Only the label can stand below a unit vector.", lexeme.span)
        self.called("onehot", found.name, (lexeme.start, self.lexemes[inside].end))
        return found.after + (inside == at + 2)

    # Names of the student's own

    def _own(self, index: int) -> int | None:
        """A name of the student's own, the longest that is spelled here, whatever it would mean otherwise."""
        own = self.context.scope.own.items()
        ends = [(after, name) for spelled, name in own if (after := self._ended(index, spelled)) is not None]
        if not ends:
            return None
        after, name = max(ends, key=lambda end: end[0])
        dressed = self.spelled(index)
        if dressed is not None and dressed.rest is None and dressed.name.endswith("_bar") and dressed.after > after:
            return None
        span = self.span(index, after)
        parameters = self.context.scope.functions.get(name)
        if parameters is None:
            if self.text(after) == "(" and not self.lexeme(after).gap and self._variable(after) is not None:
                message = f"{quoted(name)} is used as a function, and its definition does not say of what."
                raise Unreadable("read.own-function", message, span, hint=f"Define it by {name}(z) = …")
            return self.made("NAME", name, index, after - index)
        primes, after = self.primes(after)
        function = f"own:{primes}:{name}"
        if self.text(after) != "(" and len(parameters) == 1 and parameters[0] in self.symbols.names:
            # σ' that was defined at z2, and is used without saying so again
            self.called(function, parameters[0], span)
        else:
            self.put("FUNCTION", function, span)
        return after

    def _ended(self, index: int, spelled: tuple[str, ...]) -> int | None:
        """Where the lexemes of a name end, if they stand here; braces of its scripts are passed over."""
        at, depth = index, 0
        for number, piece in enumerate(spelled):
            while number and self.text(at) in ("{", "}") and self.text(at - 1) in ("_", "^", "{") and piece != "}":
                depth, at = depth + 1, at + 1
            if self.text(at) != piece or (number and self.lexemes[at].gap):
                return None
            at += 1
        while depth and self.text(at) == "}":
            depth, at = depth - 1, at + 1
        return None if depth or (self.numbered(at) and spelled[-1].isalpha()) else at

    # Entries

    def _below(self, below: tuple[str, ...], index: int, after: int) -> int:
        """Puts the indices that stand in these lexemes."""
        return self.made("SUBSCRIPT", ",".join(below), index, after - index)

    def _open(self, index: int, lexeme: Lexeme) -> int:
        if lexeme.text in "[(" and (after := self._in_brackets(index)) is not None:
            return after
        if lexeme.text == "[":
            self._ranged(self.partners.get(index, 0))
        if lexeme.text == "⟨":
            self.put("FUNCTION", "dot", lexeme.span)
        return super()._open(index, lexeme)

    def _in_brackets(self, index: int) -> int | None:
        """``x[t]`` and ``W1[i, j]`` as programs have it, directly behind a name or a bracket; ``x(k)``."""
        close = self.partners.get(index)
        if close is None or self.lexemes[index].gap or self.last not in ("NAME", "SUBSCRIPT", "CLOSE"):
            return None
        inner = self.texts(index + 1, close)
        if self.text(index) == "(" and not (self.last == "NAME" and all(one == "," or one.islower() for one in inner)):
            return None
        if self.last == "NAME" and inner and all(one.isdigit() or one in ":-," for one in inner):
            hint = "Programs count from 0 and formulas from 1: write it for any entry, with an index."
            message = "It is not clear which entry this is."
            raise Unreadable("read.index", message, self.span(index, close + 1), hint=hint)
        found = indices(inner) if all(len(one) == 1 for one in inner) else None
        known = set(self.symbols.table.values()) - self.context.scope.labels - self.context.scope.sizes
        return None if found is None or known & set(found) else self._below(found, index, close + 1)

    # Derivatives

    def _variable(self, at: int) -> Variable | None:
        """A name of the problem, the indices below it, and where both end; brackets around the name fall away."""
        if self.text(at) in ("(", "{") and at in self.partners:
            inner = self._variable(at + 1)
            if inner is None or inner[2] != self.partners[at]:
                return None
            name, below, after = inner[0], inner[1], inner[2] + 1
        else:
            found = self.spelled(at)
            if found is None or found.rest is not None or found.transposed or found.name.endswith("_bar"):
                return None
            name, below, after = found.name, found.indices, found.after
        return (name, below, after) if below else (name, *(self.subscript(after) or (below, after)))

    def _differential(self, at: int) -> Variable | None:
        """``∂x``, ``dx``, ``d x``: the variable behind the sign."""
        lexeme = self.lexeme(at)
        if lexeme.text in ("∂", "d"):
            return self._variable(at + 1) or self._objective(at + 1)
        return self._without(at, 1) if lexeme.kind == "word" and not lexeme.whole and lexeme.text[0] == "d" else None

    def _without(self, at: int, size: int) -> Variable | None:
        """The variable that the word here names behind its first letters."""
        lexeme = self.lexemes[at]
        self.lexemes[at] = lexeme._replace(text=lexeme.text[size:], start=min(lexeme.start + size, lexeme.end))
        found = self._variable(at) or self._objective(at)
        self.lexemes[at] = lexeme
        return found

    def _objective(self, at: int) -> Variable | None:
        """The objective, by a name that people give it where they differentiate it."""
        objective = self.context.scope.objective
        if self.text(at) not in LOSSES or not objective:
            return None
        if (self.text(at),) in self.context.scope.own:
            message = f"{quoted(self.text(at))} has a meaning of its own here; the gradients are those of {objective}."
            raise Unreadable("read.derivative", message, self.lexemes[at].span, hint=f"Derive {objective} itself.")
        self.remarks.append(f"{self.text(at)} was read as {objective}, of which the gradients are.")
        return objective, (), at + 1

    def _slope(self, index: int) -> int | None:
        """``dσ(z2)/dz2``, ``\\frac{∂σ(z2)}{∂z2}``: ``σ'(z2)``; the derivative of another expression is refused.

        So is one that is transposed: it is a diagonal matrix then, and ``σ'(z2)`` is a vector.
        """
        fraction = self.text(index) in _FRACTIONS
        at = index + 2 * fraction
        alone = self.text(at) in ("∂", "d")
        word = self.text(at + 1) if alone else self.text(at)[1:]
        opening = at + 1 + (alone and self.text(at + 1) != "(")
        close = self.partners.get(opening)
        if self.text(at)[:1] not in ("∂", "d") or close is None or self.text(close + 1) != ("}" if fraction else "/"):
            return None
        below = self._bracketed(close + 2)
        function = words.FUNCTIONS.get(word.lower(), "")
        if below is None or (function not in DERIVED and not alone):
            return None
        behind = next(one for one in range(below[2], len(self.lexemes) + 1) if self.lexeme(one).kind != "close")
        transposed = self.text(behind) in ("^", "'", ".", "⊤") and function != "softmax"
        if function not in DERIVED or transposed or self._variable(opening + 1) != (*below[:2], close):
            raise unread(self.lexemes[at])
        self.put("FUNCTION", f"{function}'", self.span(index, opening))
        self._void(close + 1, below[2])
        return opening

    def _void(self, start: int, end: int) -> None:
        """Takes lexemes out that say nothing any more."""
        self.lexemes[start:end] = [one._replace(kind="dress", text="$") for one in self.lexemes[start:end]]

    def _ratio(self, index: int) -> int | None:
        """``∂y/∂x``, ``(∂y)/(∂x)``, ``\\frac{∂y}{∂x}``, and ``\\frac{∂}{∂x} y``, ``d/dx σ(x)``."""
        fraction = self.text(index) in _FRACTIONS
        upper = index + fraction
        above = self._bracketed(upper)
        alone = above is None and self.text(upper + fraction) in ("∂", "d")
        end = above[2] if above is not None else upper + 1 + 2 * fraction
        if not (above or alone) or (self.partners.get(upper) != end - 1 if fraction else self.text(end) != "/"):
            return None
        below = self._bracketed(end + (not fraction))
        if below is None or above is not None:
            return None if below is None or above is None else self._derivative(index, above, below, below[2])
        above = self._variable(below[2]) if fraction else None
        function = words.FUNCTIONS.get(self.text(below[2]).lower(), "")
        close = self.partners.get(below[2] + 1, 0)
        if function in DERIVED and self._variable(below[2] + 2) == (*below[:2], close):
            self.put("FUNCTION", f"{function}'", self.span(index, below[2] + 1))
            return below[2] + 1
        if above is None:
            raise unread(self.lexemes[index])
        return self._derivative(index, above, below, above[2])

    def _bracketed(self, at: int) -> Variable | None:
        if self.text(at) not in ("(", "{"):
            return self._differential(at)
        inner = self._differential(at + 1)
        return None if inner is None or inner[2] != self.partners.get(at) else (*inner[:2], inner[2] + 1)

    def _signal(self, index: int) -> int | None:
        """``δ_x``, ``δ^{(x)}``, ``grad_x``, ``grad(x)``: the gradient of the objective by x; ``∇_x J``, ``∂_x J``."""
        sign, scope = self.text(index), self.context.scope
        if sign not in ("δ", "delta", "grad", "∂", "∇"):
            return None
        stated = sign in ("∂", "∇")
        scripted = self.text(index + 1) == "_" or (self.text(index + 1) == "^" and not stated)
        called = sign == "grad" and self.text(index + 1) == "("
        below = self._variable(index + 1 + scripted) if scripted or called else None
        implied = bool(scope.objective) and below is not None and below[0] not in scope.labels | scope.sizes
        if below is None or not (stated or implied):
            return None
        above = self._variable(below[2]) or self._objective(below[2]) if stated or sign == "grad" else None
        if above is not None and (stated or above[0] == scope.objective):
            return self._derivative(index, above, below, above[2])
        return None if stated else self._gradient(below, index)

    def _gradient(self, by: Variable, index: int) -> int:
        self.made("NAME", f"{by[0]}_bar", index, by[2] - index)
        return self._below(by[1], index, by[2]) if by[1] else by[2]

    def _derivative(self, index: int, above: Variable, below: Variable, after: int) -> int | None:
        if above[1] and not below[1]:
            return None
        gradient = f"{below[0]}_bar"
        if above[0] == self.context.scope.objective and gradient != self.context.scope.of:
            self.made("NAME", gradient, index, after - index)
        else:
            self.made("DERIVATIVE", f"{above[0]}|{below[0]}", index, after - index)
        return self._below((*above[1], *below[1]), index, after) if below[1] else after

    def _short(self, index: int) -> int | None:
        """``dx`` for the gradient of the objective by x, as programs call it; ``dJdx`` and ``dJ_dx``."""
        lexeme, scope = self.lexemes[index], self.context.scope
        if lexeme.kind != "word" or len(lexeme.text) < 2:
            return None
        found = self._differential(index)
        objectives = [f"d{one}" for one in (scope.objective, *LOSSES) if len(one) == 1 and (one,) not in scope.own]
        if lexeme.text in objectives and self.text(index + 1) == "_":
            found = self._differential(index + 2)
        elif lexeme.text[:2] in objectives and lexeme.text[2:3] == "d" and len(lexeme.text) > 3:
            found = self._without(index, 3)
        if found is None or not scope.objective or self.text(found[2])[:1] in ("(", "{"):
            return None
        return self._gradient(found, index)

    def _jacobian(self, index: int) -> int | None:
        """``D_{softmax}(y)`` and its like: the Jacobian of the softmax, ``softmax'(y)``."""
        at = index + 1 + (self.text(index + 1) == "_")
        braced = at > index + 1 and (self.text(at), self.text(at + 2)) == ("{", "}")
        after = at + 1 + 2 * braced
        softmax = words.FUNCTIONS.get(self.text(at + braced).lower()) == "softmax"
        if not softmax or self.text(index) not in _OPERATORS or self.text(after) != "(" or after not in self.partners:
            return None
        return self.made("FUNCTION", "softmax'", index, after - index)

    # Sums and deltas

    def _total(self, index: int) -> int | None:
        """``Σ_j``, ``\\sum_{j=1}^{N}``, ``\\sum_{j \\ne k}``, ``sum over j of``, ``sum(… for j in range(N))``."""
        close = self.partners.get(index + 1, 0)
        listed = self.text(index + 2) == "[" and self.partners.get(index + 2) == close - 1
        if over := self._ranged(close - listed):
            return self.made("TOTAL", over, index)
        at = index + 1
        places: dict[str, Span] = {"^": (at, at)}
        if self.text(at) == "over" and len(self.text(at + 1)) == 1 and self.text(at + 2) == "of":
            at, places["_"] = at + 3, (at + 1, at + 2)
        for _ in range(2):
            if (script := self.text(at)) in ("_", "^") and at + 1 < len(self.lexemes):
                places[script], at = self.script(at)
        if "_" not in places:
            return None
        (start, stop), whole = places["_"], self.span(index, at)
        texts, upper = self.texts(start, stop), self.texts(*places["^"])
        counted = next((size for size in range(len(texts), 0, -1) if indices(texts[:size])), 0)
        found = indices(texts[:counted]) or ()
        behind = texts[counted:]
        if behind[:2] == ["=", "1"]:
            behind = behind[2:]
        if behind[:1] in ([","], [":"], ["|"]):
            behind = behind[1:]
            start = stop - len(behind)
        compares = any(one in "<>≤≥≠" for one in behind) and "=" not in behind
        if not found or any(one[:1].isdigit() for one in found) or (behind and not compares):
            raise Unreadable("read.index", "It is not clear what this sum runs over.", whole, expected="an index")
        if len(upper) > 1 or (upper and not upper[0].isalpha()):
            raise Unreadable("read.index", "Only sums over all values of an index are read.", whole)
        self.put("TOTAL", "|".join([",".join(found), *upper]), whole)
        if behind:
            self.put("GIVEN", "{", whole)
            self.between(start, stop)
            self.put("GIVENEND", "}", whole)
        return at

    def _ranged(self, close: int) -> str:
        """``j|N`` where a bracket closes behind ``for j in range(N)``, which falls away; nothing for another one."""
        behind = self.texts(close - 7, close)
        found = indices(behind[1:2])
        if found is None or [behind[0], *behind[2:5]] != ["for", "in", "range", "("] or not behind[5].isalpha():
            return ""
        self._void(close - 7, close)
        return f"{found[0]}|{behind[5]}"

    def _delta(self, index: int) -> int | None:
        """``δ_{kt}``, ``δ(k, t)`` and ``δ_{k=t}``: 1 where both are the same, else 0."""
        at = index + 1
        below = self.subscript(at)
        if below is None and self.text(at) == "(" and (close := self.partners.get(at)) is not None:
            inner = self.texts(at + 1, close)
            if (found := indices(inner)) is not None:
                below = found, close + 1
            elif "=" not in inner:
                return None
        if below is None and (self.text(at) == "(" or self.text(at + 1) in ("{", "[")):
            self.put("FUNCTION", "I", self.lexemes[index].span)
            return at if self.text(at) == "(" else at + 1
        if below is None or len(below[0]) != 2:
            message, span = "It is not clear what this δ stands for.", self.span(index, at + 1)
            raise Unreadable("read.delta", message, span, expected="δ with two indices: δ_kt")
        self.called("I", "=".join(below[0]), self.span(index, below[1]))
        return below[1]


def unread(lexeme: Lexeme) -> Unreadable:
    """The error for a sign of a derivative that starts none that is read."""
    message = f"The derivative that starts with {quoted(lexeme.text)} here is not read."
    hint = "One variable of the problem by another is read (∂y/∂x, dy/dx), and what the derivative is equal to."
    return Unreadable("read.derivative", message, lexeme.span, hint=hint)
