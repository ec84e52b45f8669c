"""What only equations have: entries, sums over an index, derivatives, names of the student's own, as tokens."""

from __future__ import annotations

from dataclasses import replace

from grader.language import words
from grader.language.lexemes import Lexeme
from grader.language.lexer.wording import DERIVED, State
from grader.language.names import LOSSES, indices
from grader.language.nodes import Span
from grader.language.unreadable import Unreadable, quoted

_SCRIPTS = ("{", "}")
_OPERATORS = ("D", "J", "d", "∂", "∇")
"""What stands before the softmax, or with it below, for its Jacobian."""
_FRACTIONS = ("\\frac", "\\dfrac", "\\tfrac", "\\cfrac")

Variable = tuple[str, tuple[str, ...], int]
"""A name of the problem, the indices below it, and where both end."""


class Calculus(State):
    """The part of the lexer that reads what no other kind of answer has."""

    def _calculus(self, index: int, lexeme: Lexeme) -> int | None:
        """Reads what starts at this lexeme and returns where it ends; None where it is none of these."""
        if lexeme.kind == "word" and (after := self._own(index)) is not None:
            return after
        if lexeme.kind == "structure" or lexeme.text in "∂∇(" or lexeme.text[:1] in _OPERATORS:
            for read in (self._slope, self._ratio, self._nabla, self._jacobian, self._short):
                if (after := read(index)) is not None:
                    return after
        summing = lexeme.kind == "word" and words.FUNCTIONS.get(lexeme.text.lower()) == "sum"
        if summing or lexeme.text in ("∑", "Σ"):
            return self._total(index)
        if lexeme.text == "o" and self.text(index + 1) in (".", "/") and self.text(index + 2) == "w":
            end = index + 3 + (self.text(index + 3) == ".")
            self.put("OTHERWISE", "otherwise", (lexeme.start, self.lexemes[end - 1].end))
            return end
        if lexeme.text in ("δ", "delta", "grad") and (after := self._signal(index)) is not None:
            return after
        if lexeme.text in ("δ", "delta"):
            return self._delta(index)
        return None

    # Names of the student's own

    def _own(self, index: int) -> int | None:
        """A name of the student's own, the longest that is spelled here, whatever it would mean otherwise."""
        best: tuple[int, str] | None = None
        for spelled, name in self.context.scope.own.items():
            after = self._spelled(index, spelled)
            if after is not None and (best is None or after > best[0]):
                best = (after, name)
        if best is None:
            return None
        after, name = best
        dressed = self.speller.at(index)
        if dressed is not None and dressed.rest is None and dressed.name.endswith("_bar") and dressed.after > after:
            return None
        span = (self.lexemes[index].start, self.lexemes[after - 1].end)
        parameters = self.context.scope.functions.get(name)
        if parameters is None:
            if self.text(after) == "(" and not self.lexeme(after).gap and self._variable(after) is not None:
                message = f"{quoted(name)} is used as a function, and its definition does not say of what."
                raise Unreadable("read.own-function", message, span, hint=f"Define it by {name}(z) = …")
            self.put("NAME", name, span)
            return after
        primes = 0
        while (size := self._prime(after)) > 0:
            primes, after = primes + 1, after + size
        self.put("FUNCTION", f"own:{primes}:{name}", span)
        if self.text(after) != "(" and len(parameters) == 1 and parameters[0] in self.context.symbols.names:
            # σ' that was defined at z2, and is used without saying so again
            for kind, value in (("OPEN", "("), ("NAME", parameters[0]), ("CLOSE", ")")):
                self.put(kind, value, span)
        return after

    def _spelled(self, index: int, spelled: tuple[str, ...]) -> int | None:
        """Where the lexemes of a name end, if they stand here; braces of its scripts are passed over."""
        at, depth = index, 0
        for number, piece in enumerate(spelled):
            while number and self.text(at) in _SCRIPTS and self.text(at - 1) in ("_", "^", "{") and piece != "}":
                depth, at = depth + 1, at + 1
            if self.text(at) != piece or (number and self.lexemes[at].gap):
                return None
            at += 1
        while depth and self.text(at) == "}":
            depth, at = depth - 1, at + 1
        return None if depth or (self.numbered(at) and spelled[-1].isalpha()) else at

    # Entries

    def _subscript(self, index: int) -> int:
        """The indices of an entry below what stands before."""
        found = self.speller.subscript(index)
        if found is None:
            message = "This index is not read."
            expected = "letters such as i, j, k, the label, or a number"
            raise Unreadable("read.index", message, self.lexemes[index].span, expected=expected)
        self.put("SUBSCRIPT", ",".join(found[0]), (self.lexemes[index].start, self.lexemes[found[1] - 1].end))
        return found[1]

    def _in_brackets(self, index: int) -> int | None:
        """``x[t]`` and ``W1[i, j]`` as programs have it, directly behind a name or a bracket; ``x(k)``."""
        close = self.partners.get(index)
        before = self.out[-1].type if self.out else ""
        if close is None or self.lexemes[index].gap or before not in ("NAME", "SUBSCRIPT", "CLOSE"):
            return None
        inner = [self.text(one) for one in range(index + 1, close)]
        if self.text(index) == "(" and (before != "NAME" or not all(one == "," or one.islower() for one in inner)):
            return None
        if before == "NAME" and inner and all(one.isdigit() or one in ":-," for one in inner):
            where = (self.lexemes[index].start, self.lexemes[close].end)
            hint = "Programs count from 0 and formulas from 1: write it for any entry, with an index."
            raise Unreadable("read.index", "It is not clear which entry this is.", where, hint=hint)
        found = indices(inner) if all(len(one) == 1 for one in inner) else None
        scope, names = self.context.scope, self.context.symbols.table.values()
        if found is None or any(one in names and one not in scope.labels | scope.sizes for one in found):
            return None
        self.put("SUBSCRIPT", ",".join(found), (self.lexemes[index].start, self.lexemes[close].end))
        return close + 1

    # Derivatives

    def _variable(self, at: int) -> Variable | None:
        """A name of the problem, the indices below it, and where both end; brackets around the name fall away."""
        if self.text(at) in ("(", "{") and at in self.partners:
            inner = self._variable(at + 1)
            if inner is None or inner[2] != self.partners[at]:
                return None
            below = None if inner[1] else self.speller.subscript(inner[2] + 1)
            return (inner[0], *below) if below is not None else (*inner[:2], inner[2] + 1)
        found = self.speller.at(at) if at < len(self.lexemes) else None
        if found is None or found.rest is not None or found.transposed or found.name.endswith("_bar"):
            return None
        if found.indices or (below := self.speller.subscript(found.after)) is None:
            return found.name, found.indices, found.after
        return found.name, below[0], below[1]

    def _differential(self, at: int) -> Variable | None:
        """``∂x``, ``dx``, ``d x``: the variable behind the sign."""
        lexeme = self.lexeme(at)
        if lexeme.text in ("∂", "d"):
            return self._variable(at + 1) or self._objective(at + 1)
        if lexeme.kind != "word" or lexeme.whole or lexeme.text[0] != "d":
            return None
        self.lexemes[at] = replace(lexeme, text=lexeme.text[1:], start=min(lexeme.start + 1, lexeme.end))
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
        self.put("FUNCTION", f"{function}'", (self.lexemes[index].start, self.lexemes[opening - 1].end))
        for one in range(close + 1, below[2]):
            self.lexemes[one] = replace(self.lexemes[one], kind="sign", text="$")
        return opening

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
            self.put("FUNCTION", f"{function}'", (self.lexemes[index].start, self.lexemes[below[2]].end))
            return below[2] + 1
        if above is None:
            raise unread(self.lexemes[index])
        return self._derivative(index, above, below, above[2])

    def _bracketed(self, at: int) -> Variable | None:
        if self.text(at) not in ("(", "{"):
            return self._differential(at)
        inner = self._differential(at + 1)
        return None if inner is None or inner[2] != self.partners.get(at) else (*inner[:2], inner[2] + 1)

    def _nabla(self, index: int) -> int | None:
        """``∇_x J``, and ``∂_x J``."""
        if self.lexemes[index].text not in ("∂", "∇") or self.text(index + 1) != "_":
            return None
        below = self._variable(index + 2)
        above = None if below is None else self._variable(below[2]) or self._objective(below[2])
        return None if below is None or above is None else self._derivative(index, above, below, above[2])

    def _signal(self, index: int) -> int | None:
        """``δ_x``, ``δ^{(x)}``, ``grad_x``, ``grad(x)``: the gradient of the objective by x."""
        scripted = self.text(index + 1) in ("_", "^")
        called = self.text(index) == "grad" and self.text(index + 1) == "("
        below = self._variable(index + 1 + scripted) if scripted or called else None
        scope = self.context.scope
        if below is None or not scope.objective or below[0] in scope.labels | scope.sizes:
            return None
        above = self._variable(below[2]) or self._objective(below[2]) if self.text(index) == "grad" else None
        if above is not None and above[0] == scope.objective:
            return self._derivative(index, above, below, above[2])
        return self._gradient(below, (self.lexemes[index].start, self.lexemes[below[2] - 1].end))

    def _gradient(self, by: Variable, span: Span) -> int:
        self.put("NAME", f"{by[0]}_bar", span)
        if by[1]:
            self.put("SUBSCRIPT", ",".join(by[1]), span)
        return by[2]

    def _derivative(self, index: int, above: Variable, below: Variable, after: int) -> int | None:
        span = (self.lexemes[index].start, self.lexemes[after - 1].end)
        found = (*above[1], *below[1])
        if above[1] and not below[1]:
            return None
        gradient = f"{below[0]}_bar"
        if above[0] == self.context.scope.objective and gradient != self.context.scope.of:
            self.put("NAME", gradient, span)
        else:
            self.put("DERIVATIVE", f"{above[0]}|{below[0]}", span)
        if found:
            self.put("SUBSCRIPT", ",".join(found), span)
        return after

    @property
    def _differentials(self) -> list[str]:
        """``dJ``, and what else is written for it."""
        scope = self.context.scope
        return [f"d{one}" for one in (scope.objective, *LOSSES) if len(one) == 1 and (one,) not in scope.own]

    def _short(self, index: int) -> int | None:
        """``dx`` for the gradient of the objective by x, as programs call it."""
        lexeme = self.lexemes[index]
        found = self._differential(index) if lexeme.kind == "word" and len(lexeme.text) > 1 else None
        if lexeme.text in self._differentials and self.text(index + 1) == "_":
            found = self._differential(index + 2)  # dJ_dx
        elif lexeme.text[:3] in (f"{one}d" for one in self._differentials):  # dJdx
            self.lexemes[index] = replace(lexeme, text=lexeme.text[2:], start=min(lexeme.start + 2, lexeme.end))
            found = self._differential(index)
            self.lexemes[index] = lexeme
        if found is None or not self.context.scope.objective or self.text(found[2])[:1] in ("(", "{"):
            return None
        return self._gradient(found, (lexeme.start, self.lexemes[found[2] - 1].end))

    def _jacobian(self, index: int) -> int | None:
        """``D_{softmax}(y)`` and its like: the Jacobian of the softmax, ``softmax'(y)``."""
        at = index + 1
        closing = self.partners.get(at + 1) if self.text(at) == "_" else None
        if self.text(at) == "_":
            at += 1 if closing is None else 2
        if self.lexemes[index].text not in _OPERATORS or words.FUNCTIONS.get(self.text(at).lower()) != "softmax":
            return None
        after = at + 1 if closing is None else closing + 1
        if self.text(after) != "(" or after not in self.partners or (closing is not None and closing != at + 1):
            return None
        self.put("FUNCTION", "softmax'", (self.lexemes[index].start, self.lexemes[after - 1].end))
        return after

    # Sums and deltas

    def _total(self, index: int) -> int | None:
        """``Σ_j``, ``\\sum_{j=1}^{N}``, ``\\sum_{j \\ne k}``, ``sum(… for j in range(N))``."""
        lexeme = self.lexemes[index]
        if self.text(index + 1) == "(" and (after := self._generator(index)) is not None:
            return after
        at, below, above = index + 1, None, None
        if self.text(at) == "over" and len(self.text(at + 1)) == 1 and self.text(at + 2) == "of":
            at, below = at + 3, (at + 1, at + 2, at + 2)
        for _ in range(2):
            if self.text(at) in ("_", "^") and at + 1 < len(self.lexemes):
                close = self.partners.get(at + 1, 0)
                inner = (at + 2, close, close + 1) if close > at else (at + 1, at + 2, at + 2)
                below, above = (inner, above) if self.text(at) == "_" else (below, inner)
                at = inner[2]
        if below is None:
            return None
        start, end, _ = below
        texts = [self.text(one) for one in range(start, end)]
        counted = next((size for size in range(len(texts), 0, -1) if indices(texts[:size])), 0)
        found = indices(texts[:counted])
        rest = texts[counted:]
        whole = (lexeme.start, self.lexemes[at - 1].end)
        if found is None or any(one[:1].isdigit() for one in found):
            raise Unreadable("read.index", "It is not clear what this sum runs over.", whole, expected="an index")
        if rest[:2] == ["=", "1"]:
            counted, rest = counted + 2, rest[2:]
        upper = [] if above is None else [self.text(one) for one in range(above[0], above[1])]
        if len(upper) > 1 or (upper and not upper[0].isalpha()):
            raise Unreadable("read.index", "Only sums over all values of an index are read.", whole)
        if rest and rest[0] in (",", ":", "|"):
            counted, rest = counted + 1, rest[1:]
            begin = start + counted
        else:
            begin = start
        self.put("TOTAL", "|".join([",".join(found), *upper]), whole)
        if not rest:
            return at
        if not any(one in "<>≤≥≠" for one in rest) or "=" in rest:
            raise Unreadable("read.index", "It is not clear what this sum runs over.", whole, expected="an index")
        self.put("GIVEN", "{", whole)
        one = begin
        while one < end:
            one = self._one(one)
        self.put("GIVENEND", "}", whole)
        return at

    def _generator(self, index: int) -> int | None:
        """``sum(a[j] for j in range(N))``: what stands behind the ``for`` names the index and falls away."""
        close = self.partners.get(index + 1)
        if close is None:
            return None
        last = close - 1 if self.text(index + 2) == "[" and self.partners.get(index + 2) == close - 1 else close
        over = self._ranged(index, last)
        if over:
            self.put("TOTAL", over, self.lexemes[index].span)
        return index + 1 if over else None

    def _ranged(self, index: int, last: int) -> str:
        """The index of a bracket that ends in ``for j in range(N)``, which falls away; nothing where it does not."""
        at = next((one for one in range(last - 1, index, -1) if self.text(one) == "for"), None)
        if at is None:
            return ""
        found = indices([self.text(at + 1)])
        behind = [self.text(one) for one in range(at + 2, last)]
        if found is None or len(found) > 1 or (behind and (behind[:3] != ["in", "range", "("] or len(behind) != 5)):
            raise Unreadable("read.index", "Only sums over all values of an index are read.", self.lexemes[at].span)
        for one in range(at, last):
            self.lexemes[one] = replace(self.lexemes[one], kind="sign", text="$")
        return found[0]

    def _delta(self, index: int) -> int | None:
        """``δ_{kt}``, ``δ(k, t)`` and ``δ_{k=t}``: 1 where both are the same, else 0."""
        at = index + 1
        span = (self.lexemes[index].start, self.lexemes[min(at, len(self.lexemes) - 1)].end)
        below = self.speller.subscript(index + 1)
        if below is None and self.text(at) == "(" and (close := self.partners.get(at)) is not None:
            found = indices([self.text(one) for one in range(at + 1, close)])
            below = None if found is None else (found, close + 1)
            if found is None and not any(self.text(one) == "=" for one in range(at + 1, close)):
                return None
        if below is None and (self.text(at) == "(" or self.text(at + 1) in ("{", "[")):
            self.put("FUNCTION", "I", self.lexemes[index].span)
            return at if self.text(at) == "(" else at + 1
        if below is None or len(below[0]) != 2:
            raise Unreadable(
                "read.delta", "It is not clear what this δ stands for.", span, expected="δ with two indices: δ_kt"
            )
        first, second = below[0]
        made = (("FUNCTION", "I"), ("OPEN", "("), ("NAME", first), ("RELATION", "="), ("NAME", second), ("CLOSE", ")"))
        for kind, value in made:
            self.put("NUMBER" if value.isdigit() else kind, value, (span[0], self.lexemes[below[1] - 1].end))
        return below[1]

    def _one(self, index: int) -> int:
        """Reads what stands at a lexeme of any kind."""
        raise NotImplementedError


def unread(lexeme: Lexeme) -> Unreadable:
    """The error for a sign of a derivative that starts none that is read."""
    message = f"The derivative that starts with {quoted(lexeme.text)} here is not read."
    hint = "One variable of the problem by another is read (∂y/∂x, dy/dx), and what the derivative is equal to."
    return Unreadable("read.derivative", message, lexeme.span, hint=hint)
