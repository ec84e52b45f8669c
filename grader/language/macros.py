"""The TeX macros that the language knows: a closed table, so that an unknown one is an error and never a guess."""

from __future__ import annotations

from grader.language.words import listed

SPACES = listed(
    """\\, \\; \\: \\! \\> \\quad \\qquad \\enspace \\enskip \\thinspace \\medspace \\thickspace \\displaystyle
    \\textstyle \\scriptstyle \\limits \\nolimits \\nonumber \\notag \\hline \\hfill \\mathstrut \\strut \\( \\) \\[
    \\] \\noindent \\centering \\par \\relax \\left. \\right. \\allowbreak \\/"""
) | {"\\ ", "\\\n"}

SIZES = listed(
    """\\left \\right \\middle \\big \\Big \\bigg \\Bigg \\bigl \\bigr \\Bigl \\Bigr \\biggl \\biggr \\Biggl \\Biggr
    \\bigm \\Bigm"""
)

FONTS = listed(
    """\\mathbf \\mathrm \\mathit \\mathsf \\mathtt \\mathcal \\mathscr \\mathfrak \\mathbb \\mathds \\mathnormal \\bm
    \\boldsymbol \\pmb \\text \\textbf \\textrm \\textit \\texttt \\textsf \\textnormal \\mbox \\hbox \\emph
    \\operatorname \\operatorname* \\vec \\boxed \\fbox \\underline \\bold \\rm \\bf \\it \\cal \\ensuremath
    \\mathop \\mathbin \\mathrel \\mathord \\underbar"""
)
"""Dress only: the argument is read as if it stood there alone."""

SWITCHES = frozenset(("\\rm", "\\bf", "\\it", "\\cal", "\\displaystyle"))
"""Fonts that hold up to the end of the braces that they stand in."""

BOLD = listed("""\\mathbf \\mathbb \\mathds \\bm \\boldsymbol \\pmb \\vec \\textbf \\bold \\bf""")

ACCENTS = frozenset(["\\bar", "\\overline", "\\widebar", "\\overbar", "\\closure"])

SIGNS = {
    "\\cdot": "*", "\\cdotp": "*", "\\times": "*", "\\ast": "*", "\\star": "*", "\\bullet": "*",
    "\\odot": "∘", "\\circ": "∘", "\\bigodot": "∘", "\\oslash": "/", "\\div": "/", "\\otimes": "⊗",
    "\\le": "≤", "\\leq": "≤", "\\leqslant": "≤", "\\leqq": "≤", "\\ge": "≥", "\\geq": "≥", "\\geqslant": "≥",
    "\\geqq": "≥", "\\lt": "<", "\\gt": ">", "\\ne": "≠", "\\neq": "≠", "\\ll": "≪", "\\gg": "≫", "\\nless": "≥",
    "\\ngtr": "≤", "\\nleq": ">", "\\ngeq": "<",
    "\\approx": "≈", "\\sim": "≈", "\\simeq": "≈", "\\cong": "≈", "\\equiv": "⇔",
    "\\in": "∈", "\\notin": "∉", "\\land": "∧", "\\wedge": "∧", "\\lor": "∨", "\\vee": "∨", "\\lnot": "¬", "\\neg": "¬",
    "\\implies": "⇒", "\\Rightarrow": "⇒", "\\Longrightarrow": "⇒", "\\to": "⇒", "\\rightarrow": "⇒", "\\mapsto": "⇒",
    "\\longrightarrow": "⇒", "\\therefore": "⇒", "\\Leftarrow": "⇐", "\\Longleftarrow": "⇐", "\\impliedby": "⇐",
    "\\leftarrow": "⇐", "\\gets": "⇐", "\\longleftarrow": "⇐", "\\iff": "⇔", "\\Leftrightarrow": "⇔",
    "\\Longleftrightarrow": "⇔", "\\leftrightarrow": "⇔",
    "\\textgreater": ">", "\\textless": "<", "\\textasciicircum": "^", "\\^": "^", "\\textsuperscript": "^",
    "\\textendash": "-", "\\textminus": "-",
    "\\lbrace": "{", "\\rbrace": "}", "\\{": "{", "\\}": "}", "\\lbrack": "[", "\\rbrack": "]", "\\langle": "⟨",
    "\\rangle": "⟩", "\\lparen": "(", "\\rparen": ")", "\\vert": "|", "\\lvert": "|", "\\rvert": "|", "\\mid": "|",
    "\\lfloor": "⌊", "\\rfloor": "⌋", "\\lceil": "⌈", "\\rceil": "⌉",
    "\\top": "⊤", "\\intercal": "⊤", "\\transpose": "⊤", "\\prime": "'", "\\colon": ":", "\\_": "_", "\\#": "#",
    "\\&": "&",
    "\\dots": "...", "\\ldots": "...", "\\cdots": "...", "\\vdots": "...", "\\ddots": "...", "\\pm": "±", "\\mp": "±",
    "\\infty": "∞", "\\sum": "∑", "\\prod": "∏", "\\int": "∫", "\\partial": "∂", "\\nabla": "∇",
    "\\exists": "∃", "\\coloneqq": ":=", "\\ell": "l", "\\bmod": "%", "\\colonequals": ":=", "\\lbrack ": "[",
    "\\llbracket": "[", "\\rrbracket": "]",
}  # fmt: skip

LETTERS = {
    "\\sigma": "sigma", "\\varsigma": "sigma", "\\Theta": "Θ", "\\theta": "θ", "\\vartheta": "θ", "\\Omega": "Ω",
    "\\omega": "ω", "\\phi": "φ", "\\varphi": "φ", "\\psi": "ψ", "\\chi": "χ", "\\delta": "δ", "\\lambda": "λ",
    "\\alpha": "α", "\\beta": "β", "\\gamma": "γ", "\\epsilon": "ε", "\\eta": "η", "\\mu": "μ", "\\nu": "ν",
    "\\pi": "π",
    "\\rho": "ρ", "\\tau": "τ", "\\xi": "ξ", "\\zeta": "ζ", "\\kappa": "κ", "\\Phi": "Φ", "\\Delta": "Δ",
    "\\log": "log", "\\ln": "ln", "\\lg": "lg", "\\exp": "exp", "\\max": "max", "\\min": "min", "\\sin": "sin",
    "\\cos": "cos", "\\tanh": "tanh", "\\sgn": "sgn", "\\sign": "sign", "\\diag": "diag", "\\softmax": "softmax",
    "\\relu": "relu", "\\ReLU": "relu", "\\sigmoid": "sigmoid", "\\indicator": "I", "\\ind": "I", "\\bigO": "O",
    "\\BigO": "O",
    "\\bigo": "O", "\\one": "𝟙", "\\forall": "for", "\\ones": "ones",
}  # fmt: skip

STRUCTURES = listed("""\\frac \\dfrac \\tfrac \\cfrac \\nicefrac \\sfrac \\vulgar \\binom \\dbinom \\tbinom \\sqrt""")

INFIX = frozenset(["\\over", "\\choose"])

ROWS = frozenset(["\\cr", "\\newline", "\\tabularnewline"])

MATRICES = listed(
    """matrix pmatrix bmatrix Bmatrix smallmatrix psmallmatrix bsmallmatrix array pNiceMatrix bNiceMatrix pmatrix*
    bmatrix*"""
)
PLAIN_MATRICES = listed("""\\matrix \\pmatrix \\bmatrix""")
"""Matrices as plain TeX has them, with their rows in braces: ``\\pmatrix{5\\cr 7}``."""
DETERMINANTS = frozenset(["vmatrix", "Vmatrix"])
ALIGNMENTS = listed(
    """align align* aligned alignat alignat* equation equation* gather gather* gathered split multline multline*
    displaymath math eqnarray eqnarray*"""
)
CASES = frozenset(["cases", "dcases", "rcases", "cases*", "dcases*"])
