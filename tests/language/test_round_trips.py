"""What is written reads back, any mixture of styles reads as what it means, and noise ends well."""

from __future__ import annotations

import ast
import random
import subprocess
import sys
from collections.abc import Collection
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st

from grader.language import derivation, exact, reading, writing
from grader.language.lexer import Scope
from grader.language.nodes import Node
from grader.language.unreadable import Unreadable

BACKWARD = ["x", "t", "z1", "h", "z2", "g1", "g2", "y", "y'", "S", "J", "W1", "b1", "W2", "b2", "W3", "b3"]
POINTS = [
    {"n": Fraction(2), "m": Fraction(7)},
    {"n": Fraction(5), "m": Fraction(3)},
    {"n": Fraction(11), "m": Fraction(13, 4)},
]
Term = tuple[int, int, int]
"""Coefficient and the powers of n and m."""

terms = st.lists(
    st.tuples(st.integers(-9, 9).filter(bool), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=5
)
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
FULL_WIDTH = str.maketrans("0123456789nm+^()", "０１２３４５６７８９ｎｍ＋＾（）")


def value(polynomial: list[Term], point: dict[str, Fraction]) -> Fraction:
    return sum((c * point["n"] ** a * point["m"] ** b for c, a, b in polynomial), Fraction(0))


def styled(polynomial: list[Term], dice: random.Random) -> str:
    """The polynomial as a person might type it: every sign and power in a style of its own."""
    written = ""
    for coefficient, n_power, m_power in polynomial:
        minus, plus = dice.choice([("-", "+"), (" - ", " + "), (" − ", " + "), ("\\,-\\,", "\\,+\\,"), (" – ", "＋")])
        if written or coefficient < 0:
            written += (minus if written else minus.strip()) if coefficient < 0 else plus
        written += _term(abs(coefficient), n_power, m_power, dice)
    return dice.choice(
        ["{}", "${}$", "\\({}\\)", "time = {}", "{}.", "= {}", "{} multiplications", "\\text{{cost}} = {}"]
    ).format(written)


def _term(coefficient: int, n_power: int, m_power: int, dice: random.Random) -> str:
    factors = [_power("n", n_power, dice)] * bool(n_power) + [_power("m", m_power, dice)] * bool(m_power)
    dice.shuffle(factors)
    if coefficient != 1 or not factors:
        factors.insert(0, str(coefficient))
    joint = dice.choice(["", " ", "*", " * ", "·", " \\cdot ", "×", "\\times ", "⋅"])
    product = joint.join(factors)
    return dice.choice(
        [
            product,
            product,
            f"({product})",
            f"\\left({product}\\right)",
            f"\\frac{{{product}}}{{1}}",
            product.translate(FULL_WIDTH),
        ]
    )


def _power(name: str, power: int, dice: random.Random) -> str:
    if power == 1:
        return dice.choice([name, name, name.upper(), f"({name})", f"{{{name}}}"])
    return dice.choice([
        f"{name}^{power}", f"{name}**{power}", f"{name}^{{{power}}}", f"{name}^({power})",
        name + str(power).translate(SUPERSCRIPT),
        "(" + "*".join([name] * power) + ")", f"({name})^{power}", f"{{{name}}}^{{{power}}}",
    ])  # fmt: skip


@given(terms, st.randoms(use_true_random=False))
def test_a_polynomial_in_any_mixture_of_styles_reads_as_itself(polynomial: list[Term], dice: random.Random) -> None:
    text = styled(polynomial, dice)
    found = reading.formula(text, ["n", "m"])
    for point in POINTS:
        assert exact.value(found.node, point) == value(polynomial, point), text


@given(terms, st.integers(0, 4), st.randoms(use_true_random=False))
def test_a_perturbed_polynomial_does_not(polynomial: list[Term], where: int, dice: random.Random) -> None:
    _, a, b = polynomial[where % len(polynomial)]
    perturbed = [*polynomial, (1, a, b)]
    found = reading.formula(styled(perturbed, dice), ["n", "m"])
    assert any(exact.value(found.node, point) != value(polynomial, point) for point in POINTS)


names = st.sampled_from(["n", "m"])
sums = st.recursive(
    st.one_of(st.integers(0, 99).map(str), names),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(
            lambda part: f"({part[0]}){part[1]}({part[2]})"
        ),
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda part: " ".join(part)),
        inner.map(lambda part: f"-({part})"),
        st.tuples(inner, st.integers(0, 3)).map(lambda part: f"({part[0]})**{part[1]}"),
    ),
    max_leaves=8,
)


def python_value(tree: ast.AST, point: dict[str, Fraction]) -> Fraction:
    """What Python means by the text, evaluated over its own syntax tree: an oracle that shares no code with ours."""
    if isinstance(tree, ast.Expression):
        return python_value(tree.body, point)
    if isinstance(tree, ast.Constant):
        return Fraction(tree.value)
    if isinstance(tree, ast.Name):
        return point[tree.id]
    if isinstance(tree, ast.UnaryOp):
        return -python_value(tree.operand, point)
    assert isinstance(tree, ast.BinOp)
    left, right = python_value(tree.left, point), python_value(tree.right, point)
    if isinstance(tree.op, ast.Pow):
        return left ** int(right)
    if isinstance(tree.op, ast.Div):
        return left / right
    return {ast.Add: left + right, ast.Sub: left - right, ast.Mult: left * right}[type(tree.op)]


@given(sums)
def test_python_spellings_mean_what_python_means(text: str) -> None:
    try:
        found = reading.formula(text, ["n", "m"]).node
    except Unreadable as error:
        refused = error.code
    else:
        refused = ""
    if refused:
        assert refused in ("read.division", "read.double-sign", "read.too-large"), text
        return
    for point in POINTS:
        try:
            expected = python_value(ast.parse(text, mode="eval"), point)
        except ZeroDivisionError:
            with pytest.raises(exact.Undefined):
                exact.value(found, point)
            continue
        assert exact.value(found, point) == expected, text


@given(sums)
@example("((0)**1)/(1)")
def test_what_is_written_reads_back_equal(text: str) -> None:
    try:
        found = reading.formula(text, ["n", "m"]).node
    except Unreadable:
        return
    assert reading.formula(writing.text(found), ["n", "m"]).node == found


PIECES = st.sampled_from(
    ["n", "m", "z", "x", "y'", "z1", "W1", "^T", "'", "_", "_1", "_{1}", "^{(1)}", "\\bar", "{", "}", "(", ")", "[",
     "]", "|", "\\frac", "12",
     "\\sqrt", "0.5", "1", "^", "**", "+", "-", "*", "/", "@", "∘", ",", ";", " ", "\n", "=", "<", ">=", "≤", "\\in",
     "and", "or", "not", "if",
     "else", "otherwise", "I", "1[", "\\mathbb{1}", "max", "log", "exp", "relu", "σ", "e", "e_t", "O", "Θ", "½", "²",
     "ₙ", "̄", "...", "\\\\", "&",
     "\\begin{pmatrix}", "\\end{pmatrix}", "\\begin{cases}", "\\end{cases}", "\\left", "\\right", "=>", "⇒", "iff",
     "time", "ops", "np.", "array",
     ".", "!", "?", ":", ":=", "≈", "~", "$", '"', "#", "%", "√", "⌊", "\\mathbf", "\\text{if}", "where", "1e5",
     "9**9**9", "\x00", "\u202e",
     "😀", "->", "\\to", "bar", "dtype", "lambda", "\\cal", "x_bar", ".T", "ones", "diag", "onehot", "t"]
)  # fmt: skip
READERS = {
    "formula": lambda text: reading.formula(text, ["n", "m"]),
    "order": lambda text: reading.order(text, ["n"]),
    "condition": lambda text: reading.condition(text, ["n", "m"]),
    "predicate": lambda text: reading.predicate(text, ["x1", "x2"]),
    "array": reading.array,
    "activation": reading.activation,
    "equation": lambda text: reading.equation(text, BACKWARD),
}


def settled(kind: str, text: str) -> Node | None:
    """The node, or None for an error that knows its place and can be shown; anything else escapes."""
    found: reading.Reading | Unreadable
    try:
        found = READERS[kind](text)
    except Unreadable as error:
        found = error
    if isinstance(found, Unreadable):
        assert found.code.startswith("read.")
        assert found.blocks()
        assert found.span is None or 0 <= found.span[0] <= found.span[1] + 1
        return None
    assert found.mathml.startswith("<math")
    return found.node


@pytest.mark.parametrize("kind", list(READERS))
@given(parts=st.lists(PIECES, max_size=14))
def test_any_mixture_of_pieces_ends_in_a_value_or_a_located_error(kind: str, parts: list[str]) -> None:
    node = settled(kind, "".join(parts))
    if node is not None:
        assert settled(kind, writing.text(node)) == node


@pytest.mark.parametrize("kind", list(READERS))
@given(text=st.text(max_size=30))
def test_any_text_ends_in_a_value_or_a_located_error(kind: str, text: str) -> None:
    settled(kind, text)
    reading.name(text, BACKWARD)


REPEATED = [
    "(", "[", "{", "n(", "((n", "[1,", "1 ", "1,", "1;", "n ", "n+", "n - ", "n^", "9**", "-", "not ", "!", "n!",
    "|", "|z", "\\frac{", "\\frac1",
    "\\sqrt", "^{", "²", "x\u0304", "y'", "word ", "m>n and ", "m>n => ", "n=", "_1", "z_1", "1 if z>1 else ",
    "\\begin{cases}",
    "\\begin{pmatrix}1\\\\", "&", "\\", "\\\\", "$", '"', "`", "**", ".", "1.", "1e9", "😀", "\x00", " ", "\n",
    "I(t=k)+", "abc(n)=", "log ", "nlogn",
    "1[z>0]*", "1_{", "\\mathbf{", "{\\cal ", "O(", "z1=6,", "np.array(", "T", "<", "m>n i.e. ", "x->h;", "J_bar=1\n",
]  # fmt: skip


def _statements(text: str, names: Collection[str]) -> None:
    known = tuple(names)
    list(derivation.statements(text[: derivation.LENGTH], 1, lambda left: reading.left(left, known, Scope())))


@pytest.mark.parametrize("length", [600, 200_000])
def test_any_length_is_settled(length: int) -> None:
    for piece in REPEATED:
        text = (piece * (length // len(piece) + 1))[:length]
        for kind in READERS:
            settled(kind, text)
        for read in (_statements, reading.edges):
            with suppress(Unreadable):
                read(text, BACKWARD)


def test_what_is_refused_for_its_size() -> None:
    for text in (
        "9**9**9**9",
        "1e999999",
        "(n+m)^100000",
        "(10^9)!",
        "2**(2**(2**100))",
        "n" * 5_000,
        "(" * 20_000 + "n",
        "1" * 500,
    ):
        with pytest.raises(Unreadable) as caught:
            reading.formula(text, ["n", "m"])
        assert caught.value.code in ("read.too-large", "read.too-long", "read.too-deep"), text


def test_reading_needs_no_numeric_or_symbolic_library() -> None:
    code = (
        "import sys; from grader.language import reading; reading.formula('n^2 + 3n', ['n']); reading.array('[1, 2]');"
        "print(sorted({'numpy', 'sympy', 'z3', 'flint', 'pydantic'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_in_the_grader_turns_text_into_code() -> None:
    forbidden = {"eval", "exec", "compile", "sympify", "parse_expr", "literal_eval", "S"}
    root = Path(__file__).parents[2] / "grader" / "language"
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in forbidden, path
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                modules = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
                assert not {"pickle", "marshal", "shelve"} & {module.split(".")[0] for module in modules}, path
