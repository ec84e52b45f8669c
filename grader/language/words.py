"""The words that the language knows: functions, connectives, units that may follow a formula, phrases around it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches


def listed(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


def meanings(table: Mapping[str, str], between: str | None = None) -> dict[str, str]:
    """What each spelling means, from the spellings of each meaning, with blanks or a sign between them."""
    return {spelled: meaning for meaning, spellings in table.items() for spelled in spellings.split(between)}


ACTIVATIONS = {
    "hardtanh": "clip(z, -1, 1)",
    "relu6": "clip(z, 0, 6)",
    "silu": "z * sigmoid(z)",
    "softplus": "log(1 + exp(z))",
    "softsign": "z / (1 + |z|)",
    "swish": "z * sigmoid(z)",
}
"""Activations that are written out as expressions in z; those that keep their name (relu) stand below."""

MODULES = listed("""np numpy torch jnp math scipy sp sympy nn f tf""")
"""What a program writes before the point of a function's name."""

ORDERS = frozenset("OΘΩoω")
_PLAIN = listed("""log log_2 log_10 sqrt exp pow max min abs floor ceil""")
_COUNTING = _PLAIN | ORDERS | {"binomial", "factorial"}
_LAYERS = listed("""clip relu sigmoid tanh sign step identity square cube I where transpose""")
_ARRAYS = listed("""sqrt pow diag transpose dot outer sum max min abs eye zeros ones""")
_EQUATIONS = listed("""softmax diag onehot ones sum transpose dot multiply outer eye zeros reciprocal negative""")
ALLOWED = {
    "formula": _COUNTING, "order": _COUNTING, "condition": _PLAIN, "predicate": _PLAIN,
    "number": frozenset(["sqrt", "pow"]), "array": _ARRAYS, "activation": _PLAIN | _LAYERS | ACTIVATIONS.keys(),
    "equation": _PLAIN | _LAYERS | _EQUATIONS,
}  # fmt: skip
"""Which functions a kind of answer may call."""

FUNCTIONS = {one: one for names in ALLOWED.values() for one in names if one.isalnum() and len(one) > 1} | meanings({
    "log": "ln", "log_2": "lg log2", "log_10": "log10", "": "logn", "max": "maximum amax", "min": "minimum amin",
    "abs": "absolute fabs", "ceil": "ceiling", "binomial": "binom comb nchoosek", "sin": "sin", "cos": "cos",
    "relu": "rectifier ramp", "sigmoid": "sigma σ logistic logisticsigmoid expit", "sign": "sgn signum",
    "step": "heaviside unitstep heavisidetheta", "identity": "id linear", "clip": "clamp",
    "I": "indicator ind iverson int bool float boole double", "where": "ifelse If", "pow": "power",
    "diag": "diagonal diagflat diagonalmatrix", "eye": "identitymatrix", "onehot": "one_hot", "ones": "ones_like",
    "zeros": "zeros_like", "dot": "matmul inner vdot mv mm", "multiply": "mul hadamard", "Θ": "Theta theta",
    "Ω": "Omega", "ω": "omega", "O": "bigo bigoh oh",
})  # fmt: skip
"""Every spelling of a function, in lower case or just so, and its name in the nodes. Those of one letter are below."""

LETTERS = {"I": "I", "𝟙": "I", "χ": "I", "O": "O", "o": "o", "Θ": "Θ", "θ": "Θ", "Ω": "Ω", "ω": "ω", "Σ": "sum"}

CONNECTIVES = meanings({
    "AND": "and", "OR": "or", "NOT": "not", "IN": "in", "IF": "if when where whenever", "THEN": "then", "ELSE": "else",
    "OTHERWISE": "otherwise elsewhere", "TRUTH": "true false always never",
})  # fmt: skip

NUMBERS = meanings({
    "1": "one", "2": "two twice", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven", "8": "eight",
    "9": "nine", "10": "ten",
})  # fmt: skip

OPERATORS = {"times": "*", "plus": "+", "minus": "-", "over": "/", "squared": "^2", "cubed": "^3"}

COMPARISONS = meanings({
    "<": "not greater than or equal to, not at least, strictly less than, strictly smaller than, less than, "
    "smaller than, fewer than",
    ">": "not less than or equal to, not at most, strictly greater than, strictly larger than, greater than, "
    "larger than, bigger than, more than, exceeds",
    "≤": "not greater than, not larger than, not more than, no greater than, no larger than, less than or equal to, "
    "smaller than or equal to, less or equal to, less or equal, at most, no more than",
    "≥": "not less than, not smaller than, no smaller than, greater than or equal to, larger than or equal to, "
    "bigger than or equal to, greater or equal to, greater or equal, at least, no less than",
    "≠": "not equal to", "=": "equal to, equals", "/": "divided by", "*": "multiplied by",
}, ", ")  # fmt: skip
"""Phrases between two formulas; an ``is`` before one of them belongs to it."""

UNITS = listed(
    """all altogether ans answer are arithmetic as backward be calculation calculations cell cells complexity
    computation computations cost costs double doubles each_other element elements entries entry exact exactly final
    float floating floats flop flops flopss for forward in item items location locations mac macs memory mode mul
    muls mult multiplication multiplication(s) multiplications multiplies multiply mults need needed needs number
    numbers of only op operation operations opn opns ops overall parameter parameters pass point product products
    real reals required result reverse scalar scalar-multiplications scalars slot slots space step steps storage
    store stored the time to total unit units value values variable variables word words"""
)
"""Words that may follow a formula: what is counted, and small words between them."""

PREFIXES = listed(
    """a about altogether amount an and ans answer approx approximately are around as backward be both by circa
    complexity computation computational compute computing cost costs count equal equals exactly final flops for
    forward get gets give given gives has have hence i in is it its just memory mode multiplication multiplications
    my need needed needs number numbers obtain obtains of only operations ops our overall require required requires
    result reverse roughly run running runtime scalar simply so solution space storage store take takes that the then
    there therefore this thus time times to took total use used uses using was we which will with would"""
)
"""Words that may stand before a formula without changing it."""

CONDITION_PREFIXES = PREFIXES | listed(
    """ad advantageous all any approach autodiff autograd because best better broad case cheaper choice choose condition
    differentiation each efficient every faster fat favorable favourable fewer good hold holds if iff long matrix
    method more output preferable preferred provided should since soon tall when whenever where wide win wins z"""
)

CONDITION_SUFFIXES = listed(
    """better case cheaper choice faster forward hold holds ie is it matrix mode only preferred strictly tall that the
    then use used wide z"""
)
"""Words that may follow a condition."""

IMPLICATIONS = meanings({"⇒": "so thus hence therefore implies gives", "⇔": "ie iff equivalently"})

TURNING = listed(
    """between double each every except false half instead minus never no not or otherwise per plus slower times triple
    twice unless worse wrong"""
)
"""Words that can change what stands before them: a comment that holds one is not left out."""

REVERSE = listed("""backprop backpropagation backward reverse""")
"""Words for the mode that a condition is not asked for."""


def common(word: str) -> bool:
    """Whether the word is one that people write around an answer."""
    lower = word.lower()
    spoken = {part for phrase in COMPARISONS for part in phrase.split()} | CONNECTIVES.keys() | TURNING | REVERSE
    return lower in spoken | CONDITION_PREFIXES | CONDITION_SUFFIXES | {"than", "small", "big", "large"} or unit(lower)


def unit(word: str) -> bool:
    """Whether the word may follow a formula, slips of a letter or two allowed in a long one."""
    lower = word.lower()
    if lower in UNITS:
        return True
    # "doubled" is no slip of "doubles", it says something else.
    return len(lower) >= 7 and not lower.endswith("ed") and bool(get_close_matches(lower, UNITS, 1, 0.85))
