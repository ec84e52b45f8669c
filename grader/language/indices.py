"""Indices in an equation that has been read: which are free, which are bound by a sum, and where they belong."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction

from grader.language import nodes
from grader.language.lexer import Scope
from grader.language.nodes import Name, Node, Number
from grader.language.unreadable import Unreadable, quoted


def placed(node: Node, left: tuple[str, ...], scope: Scope, names: Collection[str]) -> tuple[Node, tuple[str, ...]]:
    """The side of an equation as a whole array, and what was noticed; ``left`` are the indices on its left.

    Raises ``Unreadable`` for an index on the right that no sum binds and the left does not have, where the left is not
    any entry, and for a name that is neither one of the problem nor an index.
    """
    before, node = node, nodes.changed_everywhere(node, _plain)
    used = _used(node, left, scope)
    node = nodes.changed_everywhere(node, lambda one: _reaching(one, left, used))
    node = nodes.changed_everywhere(node, lambda one: _summed(one, left, used, scope))
    plain, node = node, _repeated(node, left, left, used, scope) if left else node
    _known(node, used, names)
    open_ = tuple(dict.fromkeys(_free(node, frozenset(), used, scope)))
    softened, repeated = any(map(_of_an_entry, nodes.parts(before))), plain != node
    remarks = ("The softmax of an entry was read as that entry of the softmax of the vector.",) * softened
    remarks += ("An index that stands twice in a product, and not on the left, was read as summed over.",) * repeated
    if left:
        if bad := next((one for one in left if one in scope.labels or one.isdigit()), None):
            message = f"The left side is the entry {bad} alone; what the other entries are is not said."
            hint = "Write the equation for any entry: with an index such as k, and I(k = t)."
            raise Unreadable("read.index", message, node.span, hint=hint)
        if astray := next((one for one in open_ if one not in left), None):
            raise _unplaced(astray, node)
        if len(set(left)) < len(left):
            # ∂h_i/∂z_i says what stands on the diagonal; nothing stands beside it.
            return nodes.Call("diag", (nodes.Entries(left[:1], node, span=node.span),), span=node.span), remarks
        summed = next((one for one in nodes.parts(node) if isinstance(one, nodes.Call) and one.function == "sum"), None)
        if not open_ and summed is not None:
            where = summed.span
            raise Unreadable("read.index", "It is not clear what this sum runs over.", where, expected="an index below")
        return (nodes.Entries(left, node, span=node.span) if open_ else node), remarks
    if not open_:
        return node, remarks
    index = open_[0]
    if len(open_) > 1:
        raise _unplaced(open_[1], node)
    if not any(isinstance(one, nodes.Entry) and Name(index) in one.indices for one in nodes.parts(node)):
        chosen, picked = _picked(node, index, scope)
        if not _free(picked, frozenset(), used, scope):
            return picked, (*remarks, f"{chosen} over all {index} was read as a one-hot vector.")
    return nodes.Entries((index,), node, span=node.span), remarks


def _unplaced(index: str, node: Node) -> Unreadable:
    message = f"It is not clear what the index {quoted(index)} runs over: neither a sum nor the left side has it."
    hint = f"Write Σ_{index} in front of what is summed, or the index on the left side."
    return Unreadable("read.index", message, node.span, hint=hint)


def _of_an_entry(node: Node) -> nodes.Entry | None:
    """The entry that a softmax is taken of."""
    if not isinstance(node, nodes.Call) or node.function != "softmax" or node.derivative:
        return None
    return node.arguments[0] if isinstance(node.arguments[0], nodes.Entry) else None


def _plain(node: Node) -> Node:
    """Entries as they are meant: of the identity matrix, of the softmax; none of these twice transposed."""
    if isinstance(node, nodes.Entry) and node.array == nodes.Call("eye", ()) and len(node.indices) == 2:
        return nodes.Indicator(nodes.Comparison(node.indices, ("=",)), span=node.span)
    row = node.array if isinstance(node, nodes.Entry) and len(node.indices) == 1 else None
    if isinstance(node, nodes.Entry) and isinstance(row, nodes.Call) and row.function == "eye":
        return nodes.Call("onehot", node.indices, span=node.span)
    if (inner := _of_an_entry(node)) is not None:
        return nodes.Entry(nodes.Call("softmax", (inner.array,), span=node.span), inner.indices, span=node.span)
    if isinstance(node, nodes.Transpose) and isinstance(node.operand, nodes.Entry) and len(node.operand.indices) == 2:
        message = "It is not clear whether the entry or the matrix is transposed."
        hint = "Write the entry of the transpose as W^T_ij, or swap the indices: W_ji."
        raise Unreadable("read.index", message, node.span, hint=hint)
    return node


def _used(node: Node, left: tuple[str, ...], scope: Scope) -> frozenset[str]:
    """Every name that is an index somewhere: below an array, of a sum, or compared with one of these or a label."""
    used = set(left)
    compared: list[set[str]] = []
    for one in nodes.parts(node):
        if isinstance(one, nodes.Entry):
            used |= {index.name for index in one.indices if isinstance(index, Name)}
        elif isinstance(one, nodes.Total):
            used.add(one.index)
        elif isinstance(one, nodes.Comparison) and all(isinstance(part, (Name, Number)) for part in one.operands):
            compared.append({part.name for part in one.operands if isinstance(part, Name)})
    for among in compared * 2:
        used |= among if among & (used | scope.labels) else set()
    return frozenset(used)


def _known(node: Node, used: frozenset[str], names: Collection[str]) -> None:
    """Raises ``Unreadable`` for a name that is none of the problem, none of the student's own and no index."""
    for one in nodes.parts(node):
        if isinstance(one, Name) and one.name not in used and one.name.removesuffix("_bar") not in names:
            from_here = ", ".join(sorted(name for name in names if not name.endswith("_bar")))
            message = f"{quoted(one.name)} is not a name of the problem, and no entry has it as its index."
            hint = f"Names that can stand here: {from_here}."
            raise Unreadable("read.unknown-name", message, one.span, hint=hint)


def _free(node: Node, bound: frozenset[str], used: frozenset[str], scope: Scope) -> list[str]:
    """The indices that nothing binds, in the order in which they stand."""
    places: tuple[Node, ...] = ()
    if isinstance(node, nodes.Entry):
        places = node.indices
    elif isinstance(node, nodes.Comparison):
        places = node.operands
    elif isinstance(node, (nodes.Total, nodes.Entries)):
        bound = bound | set(node.indices if isinstance(node, nodes.Entries) else [node.index])
    found = [
        one.name
        for one in places
        if isinstance(one, Name) and one.name in used and one.name not in bound and one.name not in scope.labels
    ]
    inside = [part for part in nodes.children(node) if part not in places or not isinstance(part, Name)]
    return found + [name for part in inside for name in _free(part, bound, used, scope)]


def _reaching(node: Node, left: tuple[str, ...], used: frozenset[str]) -> Node:
    """A sum over an index, without brackets, reaches over the terms behind it that have the index: Σ_i a_i + b_i."""
    if not isinstance(node, nodes.Sum):
        return node
    terms = list(node.terms)
    for at in range(len(terms) - 1):
        total = term.operand if isinstance(term := terms[at], nodes.Negative) else term
        if not isinstance(total, nodes.Total) or total.index in left or total.span[1] != total.body.span[1]:
            continue
        end = at + 1
        while end < len(terms) and total.index in _free(terms[end], frozenset(), used, Scope()):
            end += 1
        if end == at + 1:
            continue
        first = nodes.Negative(total.body) if isinstance(terms[at], nodes.Negative) else total.body
        whole = nodes.Total(total.index, nodes.Sum((first, *terms[at + 1 : end])), span=(total.span[0], node.span[1]))
        rest = (*terms[:at], whole, *terms[end:])
        return whole if len(rest) == 1 else _reaching(replace(node, terms=rest), left, used)
    return node


def _summed(node: Node, left: tuple[str, ...], used: frozenset[str], scope: Scope) -> Node:
    """A sum that names no index runs over the one that only stands in it."""
    if not isinstance(node, nodes.Call) or node.function != "sum":
        return node
    found = list(dict.fromkeys(_free(node.arguments[0], frozenset(), used, scope)))
    if not found:
        return node
    if len(found) > 1 or found[0] in left:
        raise Unreadable("read.index", "It is not clear what this sum runs over.", node.span, expected="an index below")
    return nodes.Total(found[0], node.arguments[0], span=node.span)


def _repeated(node: Node, left: tuple[str, ...], kept: tuple[str, ...], used: frozenset[str], scope: Scope) -> Node:
    """Einstein's convention: an index in two factors of a term that has all those of the left is summed over there.

    Those ``kept`` are not; inside a term there is no left any more.
    """
    if isinstance(node, nodes.Sum):
        return replace(node, terms=tuple(_repeated(one, left, kept, used, scope) for one in node.terms))
    if isinstance(node, nodes.Negative):
        return replace(node, operand=_repeated(node.operand, left, kept, used, scope))
    found = _free(node, frozenset(), used, scope)
    if not isinstance(node, nodes.Product) or not set(left) <= set(found):
        return node
    seen = [set(_free(one, frozenset(), used, scope)) for one in node.factors]
    shared = [one for one in dict.fromkeys(found) if sum(one in s for s in seen) > 1]
    factors = (_repeated(one, (), (*kept, *shared), used, scope) for one in node.factors)
    whole: Node = replace(node, factors=tuple(factors))
    for index in shared:
        whole = whole if index in kept else nodes.Total(index, whole, span=node.span)
    return whole


def _picked(node: Node, index: str, scope: Scope) -> tuple[str, Node]:
    """``I(k = t)`` over every k as the one-hot vector of t."""
    seen: list[str] = []

    def rule(one: Node) -> Node:
        if not isinstance(one, nodes.Indicator) or not isinstance(one.condition, nodes.Comparison):
            return one
        compared = one.condition
        labels = [part for part in compared.operands if isinstance(part, Name) and part.name in scope.labels]
        if compared.relations != ("=",) or len(labels) != 1 or Name(index) not in compared.operands:
            return one
        seen.append(f"I({index} = {labels[0].name})")
        return nodes.Call("onehot", (labels[0],), span=one.span)

    changed = nodes.changed_everywhere(node, rule)
    return (seen[0] if seen else ""), changed


def bounded(node: Node, totals: Collection[str], scope: Scope) -> None:
    """Refuses a sum up to another size than that of the axis that its index stands at; ``totals`` are as ``j|N``.

    Only where the problem states the shape of the array; a letter that is no size of the problem bounds nothing.
    """
    bounds = {(index, upper) for index, _, upper in (one.partition("|") for one in totals) if upper in scope.sizes}
    for one in nodes.parts(node) if bounds else ():
        if not isinstance(one, nodes.Entry):
            continue
        turned = isinstance(one.array, nodes.Transpose)
        name = one.array.operand if isinstance(one.array, nodes.Transpose) else one.array
        shape = scope.shapes.get(name.name, ()) if isinstance(name, Name) else ()
        for size, index in zip(shape[::-1] if turned else shape, one.indices):
            upper = next((upper for at, upper in bounds if index == Name(at)), size)
            if upper != size:
                over = f"The sum over {quoted(index.name if isinstance(index, Name) else '')} runs to {upper}"
                message = f"{over}, and there are {size} values where the index stands."
                raise Unreadable("read.index", message, one.span)


def multiplied_out(node: Node) -> Node:
    """A row of blocks times a column of as many as the sum of their products: ``[A, B] [u; v]`` is ``A u + B v``."""
    if not isinstance(node, nodes.Product):
        return node
    for at, sign in enumerate(node.signs):
        row, column = _blocks(node.factors[at], False), _blocks(node.factors[at + 1], True)
        if sign in ("", "*", "@") and row and len(row) == len(column):
            terms = tuple(nodes.Product(pair, ("@",), span=node.span) for pair in zip(row, column))
            factors = (*node.factors[:at], nodes.Sum(terms, span=node.span), *node.factors[at + 2 :])
            signs = (*node.signs[:at], *node.signs[at + 1 :])
            return multiplied_out(replace(node, factors=factors, signs=signs)) if signs else factors[0]
    return node


def _blocks(node: Node, below: bool) -> tuple[Node, ...]:
    """What stands side by side in a row or, where ``below`` says so, one below the other; nothing for other nodes."""
    if isinstance(node, nodes.Transpose) and not below:
        column = node.operand
        stacked = isinstance(column, nodes.Array) and any(isinstance(one, nodes.Array) for one in column.entries)
        return tuple(nodes.Transpose(one, span=one.span) for one in _blocks(column, True)) if stacked else ()
    if not isinstance(node, nodes.Array) or not any(map(nodes.names, node.entries)):
        return ()
    lists = [one.entries for one in node.entries if isinstance(one, nodes.Array)]
    if not lists or (len(node.entries) == 1 and not below):
        return lists[0] if lists else node.entries
    return tuple(one for (one,) in lists) if below and set(map(len, lists)) == {1} else ()


def by_dots(node: Node, at: Node | None, labels: Collection[str]) -> Node:
    """Vectors that are written with dots, entry by entry: one entry at the label stands out, the others are alike.

    ``at`` is where the text says that entry stands; else it must have the label as an index. Raises ``Unreadable``
    where it is not clear which entry stands out, or where.
    """
    node = nodes.changed_everywhere(nodes.changed_everywhere(node, _listed), lambda one: _whole(one, at, labels))
    left_out = next((one for one in nodes.parts(node) if isinstance(one, nodes.Gap) and one.span[1]), None)
    if left_out is not None:
        message, hint = "An ellipsis leaves open what is meant.", "Write every term out, or a sum over an index."
        raise Unreadable("read.ellipsis", message, left_out.span, hint=hint)
    return node


def _listed(node: Node) -> Node:
    """A vector typed as one row is the same as a column: the sign of the transpose behind it falls away."""
    if isinstance(node, nodes.Array) and len(node.entries) == 1 and isinstance(node.entries[0], nodes.Array):
        return node.entries[0]
    if isinstance(node, nodes.Transpose) and isinstance(node.operand, nodes.Array):
        return node.operand if not any(isinstance(one, nodes.Array) for one in node.operand.entries) else node
    return node


def _whole(node: Node, said: Node | None, labels: Collection[str]) -> Node:
    if not isinstance(node, nodes.Array):
        return node
    flat = [one.entries[0] if isinstance(one, nodes.Array) and len(one.entries) == 1 else one for one in node.entries]
    if len(flat) < 2 or not any(isinstance(one, nodes.Gap) for one in flat):
        return node
    stated = [one for one in flat if not isinstance(one, nodes.Gap)]
    message = "It is not clear which entry of this vector stands where."
    hint = "Say which entry stands out, and where: [0, …, 1/y'_t, …, 0]^T, or (1 at the t-th position)."
    unclear = Unreadable("read.ellipsis", message, node.span, hint=hint)
    inner = [one for one in stated[1:-1] if one != stated[0] or one != stated[-1]]
    at = (one.indices for one in nodes.parts(inner[0]) if isinstance(one, nodes.Entry)) if inner else ()
    places = (one for below in at for one in below if isinstance(one, Name) and one.name in labels)
    label = said or next(places, None)
    if label is None or len(set(map(repr, inner))) != 1:
        raise unclear
    special, index = inner[0], Name("i")
    first = nodes.changed_everywhere(stated[0], lambda one: _renamed(one, Number(Fraction(1)), index))
    last = nodes.changed_everywhere(stated[-1], lambda one: _renamed(one, None, index))
    if first != last:
        raise unclear
    if first == Number(Fraction(0)):
        return nodes.Product((special, nodes.Call("onehot", (label,))), ("*",), span=node.span)
    chosen = nodes.Comparison((index, label), ("=",))
    return nodes.Entries((index.name,), nodes.Choice(((chosen, special),), first), span=node.span)


def _renamed(node: Node, place: Node | None, index: Name) -> Node:
    """An entry at the first (or, without a place, at the named last) position as the entry at any."""
    if not isinstance(node, nodes.Entry) or len(node.indices) != 1:
        return node
    here = node.indices[0] == place or (place is None and isinstance(node.indices[0], Name))
    return replace(node, indices=(index,)) if here else node
