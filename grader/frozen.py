"""``@frozen``: a dataclass that cannot be changed, made in a fifteenth of the time.

``dataclass`` writes and compiles six methods for each frozen class: of 150 classes, that was a tenth of a cold start.
These share their methods. ``fields``, ``replace``, ``match``, ``pickle`` and pydantic see a dataclass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar

from typing_extensions import dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Makes a frozen dataclass of a class, which may inherit from others of these."""
    cls.__doc__ = cls.__doc__ or cls.__name__  # or dataclass makes one up, which takes longer than all the rest
    made: Any = dataclass(init=False, repr=False, eq=False)(cls)
    made.__init__, made.__repr__ = _init(made), _repr
    made.__setattr__ = made.__delattr__ = _refuse
    compared = [each for each in fields(made) if each.compare]
    key = _key([each.name for each in compared])
    hashed = _key([each.name for each in compared if each.hash is not False])
    made.__eq__ = lambda self, other: key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented
    made.__hash__ = lambda self: hash(hashed(self))
    return cls


def _init(made: Any) -> Callable[..., None]:
    known = fields(made)
    names = dict.fromkeys(each.name for each in known)
    places = [each.name for each in known if not each.kw_only]
    defaults = {each.name: each.default for each in known if each.default is not MISSING}
    factories = {each.name: each.default_factory for each in known if each.default_factory is not MISSING}
    checked = hasattr(made, "__post_init__")

    def __init__(self: Any, *given: Any, **named: Any) -> None:
        values = self.__dict__
        values.update(zip(places, given), **named)
        once = len(values) == len(given) + len(named)
        if len(values) < len(names):
            for name in defaults.keys() - values.keys():
                values[name] = defaults[name]
            for name in factories.keys() - values.keys():
                values[name] = factories[name]()
        if not once or len(values) != len(names) or not named.keys() <= names.keys():
            raise TypeError(f"{type(self).__name__} takes {', '.join(names)}")
        if checked:
            self.__post_init__()

    return __init__


def _key(names: list[str]) -> Callable[[Any], Any]:
    return attrgetter(*names) if names else type


def _repr(self: Any) -> str:
    shown = [f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: object, name: str, *_: object) -> None:
    raise FrozenInstanceError(f"{name} of a {type(self).__name__} cannot be changed")
