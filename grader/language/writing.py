"""Nodes as text again: plain, with as few brackets as reading back allows, and as MathML for a browser."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from html import escape

from grader.language import nodes
from grader.language.nodes import Meaning, Node

_CHOICE, _OR, _AND, _COMPARED, _SUM, _PRODUCT, _ADJACENT, _POWER, _ATOM = range(9)
"""How tightly the written text binds; what binds less tightly than its place asks for gets brackets."""


def text(node: Node) -> str:
    """The node in plain text, which reads back as an equal node."""
    return _TEXT.shown(node)


def mathml(node: Node) -> str:
    """The node as one ``<math>`` element; everything that came from a typed text is escaped."""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{_MATHML.shown(node)}</math>'


def definition(name: str, node: Node) -> str:
    """What a name of the student's own stands for: ``f(u) = …``, ``P_ij = …``."""
    if isinstance(node, nodes.Function):
        return f"{name}({', '.join(node.parameters)}) = {text(node.body)}"
    if isinstance(node, nodes.Entries):
        return f"{f'({name})' if '/' in name else name}{_below(node.indices)} = {text(node.body)}"
    return f"{name} = {text(node)}"


def _below(indices: tuple[str, ...]) -> str:
    plain = len(indices) == 1 or all(len(one) == 1 and one.isalpha() for one in indices)
    written = ("" if plain else ",").join(indices)
    return f"_{written}" if plain and "'" not in written else f"_{{{written}}}"


class _Text(Meaning[tuple[str, int]]):
    """The text of a node, and how tightly it binds."""

    minus = "-"

    def shown(self, node: Node) -> str:
        """The node as it stands alone."""
        return self.row(self.of(node)[0])

    def placed(self, node: Node, binding: int) -> str:
        """The node where something that binds so tightly is asked for."""
        written, tightness = self.of(node)  # once: twice at each level would double the work with each bracket
        return self.row(written) if tightness >= binding else self.enclosed(self.row(written))

    def bracketed(self, *parts: Node, ends: str = "()") -> str:
        return self.enclosed(*map(self.shown, parts), ends=ends)

    def row(self, written: str) -> str:
        """One operand, as what stands around it takes it."""
        return written

    def enclosed(self, *written: str, ends: str = "()") -> str:
        return f"{ends[0]}{', '.join(written)}{ends[1]}"

    def sign(self, sign: str) -> str:
        """A sign between two operands."""
        return f" {sign} "

    def word(self, word: str) -> str:
        return word

    def letter(self, letter: str) -> str:
        return letter

    def number_(self, node: nodes.Number) -> tuple[str, int]:
        return _number(node.value)

    def name_(self, node: nodes.Name) -> tuple[str, int]:
        return node.name, _ATOM

    def sum_(self, node: nodes.Sum) -> tuple[str, int]:
        written = ""
        for term in node.terms:
            if isinstance(term, nodes.Negative):
                written += self.sign("-") + self.placed(term.operand, _PRODUCT) if written else self.shown(term)
            else:
                written += (self.sign("+") if written else "") + self.placed(term, _PRODUCT)
        return written, _SUM

    def negative_(self, node: nodes.Negative) -> tuple[str, int]:
        return self.minus + self.placed(node.operand, _PRODUCT), _SUM

    def product_(self, node: nodes.Product) -> tuple[str, int]:
        written = self._factor(node.factors[0], first=True)
        mixed = False
        for before, sign, factor in zip(node.factors, node.signs, node.factors[1:]):
            if sign:
                mixed = True
                operand = self._factor(factor, after=sign)
                written += f" {sign} {operand}" if sign in ("∘", "@") else f"{sign}{operand}"
                continue
            if mixed:
                # Side by side binds first, so a run after another sign cannot be written flat.
                written, mixed = f"({written})", False
            following = self._factor(factor, number=True)
            if isinstance(before, nodes.Call) and not before.arguments and following.startswith("("):
                # I (…) would be an indicator.
                written = f"{written[: -len(text(before))]}({text(before)})"
            written += (" " if _apart(before, following) else "") + following
        return written, _PRODUCT if any(node.signs) else _ADJACENT

    def _factor(self, node: Node, first: bool = False, number: bool = False, after: str = "") -> str:
        if isinstance(node, nodes.Product):
            bracketed = first or number or any(node.signs) or after == "/"
            return self.bracketed(node) if bracketed else self.shown(node)
        base = node.base if isinstance(node, nodes.Power) else node
        return self.bracketed(node) if number and isinstance(base, nodes.Number) else self.placed(node, _POWER)

    def power_(self, node: nodes.Power) -> tuple[str, int]:
        plain, tightness = self.of(node.exponent)
        simple = tightness == _ATOM or (isinstance(node.exponent, nodes.Power) and tightness == _POWER)
        simple = simple and plain != "1"  # before a slash, it could be the start of a fraction
        return f"{self.placed(node.base, _ATOM)}^{plain if simple else f'({plain})'}", _POWER

    def transpose_(self, node: nodes.Transpose) -> tuple[str, int]:
        plain = self.placed(node.operand, _POWER)  # 1^T is a row of ones
        return f"({plain})^T" if plain == "1" else f"{plain}^T", _POWER

    def call_(self, node: nodes.Call) -> tuple[str, int]:
        if node.function == "factorial":
            return self.placed(node.arguments[0], _ATOM) + "!", _POWER
        if not node.arguments:
            return "I" if node.function == "eye" else node.function, _ATOM
        if node.function == "log" and len(node.arguments) == 2:
            return f"log_{text(node.arguments[1])}({text(node.arguments[0])})", _ATOM
        return f"{node.function}{chr(39) * node.derivative}{self.bracketed(*node.arguments)}", _ATOM

    def order_(self, node: nodes.Order) -> tuple[str, int]:
        return self.letter(node.kind) + self.bracketed(node.argument), _ATOM

    def array_(self, node: nodes.Array) -> tuple[str, int]:
        return self.bracketed(*node.entries, ends="[]"), _ATOM

    def entry_(self, node: nodes.Entry) -> tuple[str, int]:
        return self.placed(node.array, _ATOM) + _below(tuple(map(text, node.indices))), _ATOM

    def entries_(self, node: nodes.Entries) -> tuple[str, int]:
        return self.of(node.body)

    def total_(self, node: nodes.Total) -> tuple[str, int]:
        body = self.placed(node.body, _POWER) if isinstance(node.body, nodes.Sum) else self.shown(node.body)
        return f"sum{_below((node.index,))} {body}", _PRODUCT

    def derivative_(self, node: nodes.Derivative) -> tuple[str, int]:
        return f"∂{node.of.name}/∂{node.by.name}", _PRODUCT

    def gap_(self, node: nodes.Gap) -> tuple[str, int]:
        return "…", _ATOM

    # Conditions and cases

    def comparison_(self, node: nodes.Comparison) -> tuple[str, int]:
        first, *rest = (self.placed(operand, _SUM) for operand in node.operands)
        return first + "".join(self.sign(relation) + one for relation, one in zip(node.relations, rest)), _COMPARED

    def member_(self, node: nodes.Member) -> tuple[str, int]:
        return self.placed(node.element, _SUM) + self.sign("in") + self.shown(node.container), _COMPARED

    def interval_(self, node: nodes.Interval) -> tuple[str, int]:
        ends = ("[" if node.low_closed else "(") + ("]" if node.high_closed else ")")
        return self.bracketed(node.low, node.high, ends=ends), _ATOM

    def set_(self, node: nodes.Set) -> tuple[str, int]:
        return self.bracketed(*node.elements, ends="{}"), _ATOM

    def and_(self, node: nodes.And) -> tuple[str, int]:
        return self.word(" and ").join(self.placed(part, _COMPARED) for part in node.parts), _AND

    def or_(self, node: nodes.Or) -> tuple[str, int]:
        return self.word(" or ").join(self.placed(part, _AND) for part in node.parts), _OR

    def not_(self, node: nodes.Not) -> tuple[str, int]:
        return self.word("not ") + self.placed(node.part, _COMPARED), _COMPARED

    def truth_(self, node: nodes.Truth) -> tuple[str, int]:
        return self.word(str(node.value).lower()), _ATOM

    def indicator_(self, node: nodes.Indicator) -> tuple[str, int]:
        return self.letter("I") + self.bracketed(node.condition), _ATOM

    def choice_(self, node: nodes.Choice) -> tuple[str, int]:
        if isinstance(node.otherwise, nodes.Gap):
            rows = (f"{text(chosen)} & {text(condition)}" for condition, chosen in node.branches)
            return "\\begin{cases} " + " \\\\ ".join(rows) + " \\end{cases}", _ATOM
        cases = [f"{self.placed(chosen, _COMPARED)} if {text(condition)}" for condition, chosen in node.branches]
        return " else ".join([*cases, text(node.otherwise)]), _CHOICE


def _number(value: Fraction) -> tuple[str, int]:
    if value < 0:
        return "-" + _number(-value)[0], _SUM
    if value.denominator == 1:
        return str(value.numerator), _ATOM
    digits = next((digits for digits in range(1, 21) if 10**digits % value.denominator == 0), 0)
    if digits:
        scaled = str(int(value * 10**digits)).rjust(digits + 1, "0")
        return f"{scaled[:-digits]}.{scaled[-digits:]}", _ATOM
    return f"{value.numerator}/{value.denominator}", _PRODUCT


def _apart(before: Node, following: str) -> bool:
    letters = isinstance(before, nodes.Name) and len(before.name) == 1
    number = isinstance(before, nodes.Number)
    return not (following.startswith("(") or number or (letters and len(following) == 1)) or (
        number and following[:1] in "eE"
    )


_SHOWN = {"<=": "≤", ">=": "≥", "!=": "≠", "in": "∈", "-": "−", "": "\u2062", "*": "·", "@": "\u2062"}
"""What stands for a relation or an operator in MathML."""


def _table(rows: Iterable[Iterable[str]]) -> str:
    cells = ("".join(f"<mtd>{cell}</mtd>" for cell in row) for row in rows)
    return f"<mtable>{''.join(f'<mtr>{row}</mtr>' for row in cells)}</mtable>"


class _MathML(_Text):
    """The inside of the ``<mrow>`` of a node, and how tightly it binds."""

    minus = "<mo>−</mo>"

    def row(self, written: str) -> str:
        return f"<mrow>{written}</mrow>"

    def enclosed(self, *written: str, ends: str = "()") -> str:
        return self.row(self.sign(ends[0]) + self.sign(",").join(written) + self.sign(ends[1]))

    def sign(self, sign: str) -> str:
        return f"<mo>{escape(_SHOWN.get(sign, sign))}</mo>"

    def word(self, word: str) -> str:
        return f"<mtext>{word}</mtext>"

    def letter(self, letter: str) -> str:
        return f"<mi>{escape(letter)}</mi>"

    def number_(self, node: nodes.Number) -> tuple[str, int]:
        plain = text(node)
        above, slash, below = plain.lstrip("-").partition("/")
        number = f"<mfrac><mn>{above}</mn><mn>{below}</mn></mfrac>" if slash else f"<mn>{above}</mn>"
        return (self.minus if plain.startswith("-") else "") + number, _ATOM

    def name_(self, node: nodes.Name) -> tuple[str, int]:
        name, bar = node.name.removesuffix("_bar"), node.name.endswith("_bar")
        stem = name.rstrip("'")
        letters = stem.rstrip("0123456789").rstrip("_")
        written = self.letter(letters)
        if index := stem[len(letters) :].lstrip("_"):
            written = f"<msub>{written}<mn>{index}</mn></msub>"
        if primes := len(name) - len(stem):
            written = f"<msup>{written}<mo>{'′' * primes}</mo></msup>"
        return f'<mover accent="true">{written}<mo>¯</mo></mover>' if bar else written, _ATOM

    def product_(self, node: nodes.Product) -> tuple[str, int]:
        written = self.placed(node.factors[0], _PRODUCT)
        for sign, factor in zip(node.signs, node.factors[1:]):
            if sign == "/":
                # What stands to the left of a slash is all divided, left to right.
                written = f"<mfrac><mrow>{written}</mrow>{self.shown(factor)}</mfrac>"
            else:
                digits = sign == "" and isinstance(factor, nodes.Number)
                written += self.sign("*" if digits else sign) + self.placed(factor, _POWER if sign else _PRODUCT)
        return written, _PRODUCT

    def power_(self, node: nodes.Power) -> tuple[str, int]:
        return f"<msup>{self.placed(node.base, _ATOM)}{self.shown(node.exponent)}</msup>", _POWER

    def transpose_(self, node: nodes.Transpose) -> tuple[str, int]:
        return f"<msup>{self.placed(node.operand, _POWER)}<mo>⊤</mo></msup>", _POWER

    def call_(self, node: nodes.Call) -> tuple[str, int]:
        first = node.arguments[0] if node.arguments else node
        if node.function == "abs":
            return self.sign("|") + self.shown(first) + self.sign("|"), _ATOM
        if node.function == "sqrt":
            return f"<msqrt>{self.shown(first)}</msqrt>", _ATOM
        if node.function == "factorial":
            return self.placed(first, _ATOM) + self.sign("!"), _ATOM
        function = self.letter(node.function)
        if node.function == "log" and len(node.arguments) == 2:
            return f"<msub>{function}{self.shown(node.arguments[1])}</msub>{self.bracketed(first)}", _ATOM
        if node.derivative:
            function = f"<msup>{function}<mo>{'′' * node.derivative}</mo></msup>"
        return function + (self.bracketed(*node.arguments) if node.arguments else ""), _ATOM

    def array_(self, node: nodes.Array) -> tuple[str, int]:
        rows = [entry.entries for entry in node.entries if isinstance(entry, nodes.Array)]
        if len(rows) < len(node.entries):
            return super().array_(node)
        return self.sign("[") + _table(map(self.shown, row) for row in rows) + self.sign("]"), _ATOM

    def entry_(self, node: nodes.Entry) -> tuple[str, int]:
        below = self.row(self.sign(",").join(map(self.shown, node.indices)))
        return f"<msub>{self.placed(node.array, _ATOM)}{below}</msub>", _ATOM

    def total_(self, node: nodes.Total) -> tuple[str, int]:
        total = f"<msub>{self.sign('∑')}{self.letter(node.index)}</msub>"
        return total + self.placed(node.body, _PRODUCT), _ATOM

    def derivative_(self, node: nodes.Derivative) -> tuple[str, int]:
        above, below = (self.sign("∂") + self.shown(part) for part in (node.of, node.by))
        return f"<mfrac><mrow>{above}</mrow><mrow>{below}</mrow></mfrac>", _POWER

    def choice_(self, node: nodes.Choice) -> tuple[str, int]:
        cases = [(self.shown(chosen), self.word("if ") + self.shown(condition)) for condition, chosen in node.branches]
        if not isinstance(node.otherwise, nodes.Gap):
            cases.append((self.shown(node.otherwise), self.word("otherwise")))
        return self.sign("{") + _table(cases), _SUM


_TEXT, _MATHML = _Text(), _MathML()
