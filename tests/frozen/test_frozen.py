"""Our frozen classes do what the standard library's do, on the same class made by both."""

import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from grader.frozen import frozen


def family(decorate):
    @decorate
    class Placed:
        place: int = field(default=0, kw_only=True, compare=False, repr=False)

    @decorate
    class Pair(Placed):
        left: object
        right: object = 2
        more: list = field(default_factory=list, hash=False)

        def __post_init__(self):
            if self.left == "refused":
                raise ValueError(self.left)

    return Placed, Pair


FAMILIES = [family(frozen), family(dataclass(frozen=True))]


def both(use):
    """What each of the two families gives, an error by its type."""

    def given(made):
        try:
            return use(*made)
        except Exception as error:
            return type(error)

    ours, theirs = map(given, FAMILIES)
    assert ours == theirs
    return ours


@pytest.mark.parametrize(
    "use",
    [
        lambda placed, pair: vars(pair(1)),
        lambda placed, pair: vars(pair(1, right=3, place=4)),
        lambda placed, pair: vars(pair(left=1, more=[5])),
        lambda placed, pair: vars(replace(pair(1, place=4), right=7)),
        lambda placed, pair: [each.name for each in fields(pair)],
        lambda placed, pair: pair.__match_args__,
        lambda placed, pair: pair(1, place=4) == pair(1, place=5),
        lambda placed, pair: pair(1) == pair(2),
        lambda placed, pair: pair(1, more=[3]) == pair(1),
        lambda placed, pair: placed() == pair(1),
        lambda placed, pair: placed() == placed(place=1),
        lambda placed, pair: hash(pair(1, more=[3])) == hash(pair(1, place=9)),
        lambda placed, pair: len({placed(), placed(place=2)}),
        lambda placed, pair: hash(pair([])),
        lambda placed, pair: repr(pair(1, "two", place=9)),
        lambda placed, pair: pair(1).more is pair(1).more,
        lambda placed, pair: pair(),
        lambda placed, pair: pair(1, 2, [], 4),
        lambda placed, pair: pair(1, wrong=2),
        lambda placed, pair: pair(right=2, wrong=2),
        lambda placed, pair: pair(1, left=2),
        lambda placed, pair: pair("refused"),
        lambda placed, pair: setattr(pair(1), "left", 2),
        lambda placed, pair: delattr(pair(1), "left"),
    ],
)
def test_both_do_the_same(use):
    both(use)


def test_nothing_changes():
    one = FAMILIES[0][1](1)
    with pytest.raises(FrozenInstanceError):
        one.left = 2
    with pytest.raises(FrozenInstanceError):
        del one.left
    assert one.left == 1


@frozen
class Kept:
    value: int
    where: tuple[int, ...] = ()


def test_it_goes_through_a_pipe():
    assert pickle.loads(pickle.dumps(Kept(3, (1, 2)))) == Kept(3, (1, 2))
