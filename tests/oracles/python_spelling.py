"""Python spellings to nodes and to sympy terms, by Python's own parser: shares nothing with the grader's readers."""

import ast
from fractions import Fraction

import sympy

from grader.language import nodes

_RELATIONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=", ast.NotEq: "!="}


def node(text):
    """The node of a formula or condition in Python spelling."""
    return _node(ast.parse(text, mode="eval").body)


def _node(tree):
    match tree:
        case ast.Constant(value=bool() as value):
            return nodes.Truth(value)
        case ast.Constant(value=value):
            return nodes.Number(Fraction(str(value)))
        case ast.Name(id=name):
            return nodes.Name(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return nodes.Negative(_node(operand))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return nodes.Not(_node(operand))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return nodes.Sum((_node(left), _node(right)))
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return nodes.Sum((_node(left), nodes.Negative(_node(right))))
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return nodes.Product((_node(left), _node(right)), ("*",))
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return nodes.Product((_node(left), _node(right)), ("/",))
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return nodes.Power(_node(left), _node(right))
        case ast.Call(func=ast.Name(id="O"), args=[argument]):
            return nodes.Order("O", _node(argument))
        case ast.Call(func=ast.Name(id="log2" | "log10" as name), args=[argument]):
            return nodes.Call("log", (_node(argument), nodes.Number(Fraction(name[3:]))))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return nodes.Call(name, tuple(_node(argument) for argument in arguments))
        case ast.BoolOp(op=ast.And(), values=values):
            return nodes.And(tuple(_node(value) for value in values))
        case ast.BoolOp(op=ast.Or(), values=values):
            return nodes.Or(tuple(_node(value) for value in values))
        case ast.Compare(left=left, ops=ops, comparators=rest):
            operands = tuple(_node(operand) for operand in (left, *rest))
            return nodes.Comparison(operands, tuple(_RELATIONS[type(op)] for op in ops))
    raise ValueError(ast.dump(tree))


def sympy_term(text, **symbols):
    """The sympy term of a formula in Python spelling, over positive integer symbols."""
    tree = ast.parse(text, mode="eval").body
    return _term(tree, symbols or {name: sympy.Symbol(name, positive=True, integer=True) for name in ("n", "m")})


def _term(tree, symbols):
    match tree:
        case ast.Constant(value=value):
            return sympy.Rational(str(value))
        case ast.Name(id=name):
            return symbols[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_term(operand, symbols)
        case ast.BinOp(left=left, op=op, right=right):
            one, two = _term(left, symbols), _term(right, symbols)
            match op:
                case ast.Add():
                    return one + two
                case ast.Sub():
                    return one - two
                case ast.Mult():
                    return one * two
                case ast.Div():
                    return one / two
                case ast.Pow():
                    return one**two
        case ast.Call(func=ast.Name(id="log2"), args=[argument]):
            return sympy.log(_term(argument, symbols), 2)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            function = {"max": "Max", "min": "Min", "ceil": "ceiling", "abs": "Abs"}.get(name, name)
            return getattr(sympy, function)(*(_term(argument, symbols) for argument in arguments))
    raise ValueError(ast.dump(tree))
