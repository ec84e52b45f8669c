"""What a process behind the wall replies, held against what may come before any of it is believed or given room."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, Field, TypeAdapter

from grader.sandbox.inside import channel
from grader.sandbox.inside.channel import DIMENSIONS, NAME_LENGTH, NAMES, TEXT_LENGTH, VALUES, Failure, Missing

_LINE_BYTES = 150_000
"""Enough for many names in each call; saying of each that it is wrong takes up to 500 times the memory of the line."""
_MOST_CALLS = 64

Shape = Annotated[list[Annotated[int, Field(ge=0, le=VALUES)]], Field(max_length=DIMENSIONS)]
Stated = Union[tuple[Literal["<f8", "<f4", "<f2"], Shape], Missing]
Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]
Instance = Annotated[dict[Name, Stated], Field(max_length=NAMES)]


class Failed(BaseModel):
    """What the program says went wrong with itself, and where.

    The text is the program's own: quote it, never believe it.
    """

    failure: Failure
    file: str
    line: Annotated[int, Field(ge=0, lt=2**31)]
    text: Annotated[str, Field(max_length=TEXT_LENGTH)]


_REPLY: TypeAdapter[Any] = TypeAdapter(Union[Annotated[list[Instance], Field(max_length=_MOST_CALLS)], Failed])


def read(data: bytes) -> list[channel.Values] | Failed:
    """What a reply says. Raises ``ValueError`` for any other bytes."""
    head, _, numbers = data.partition(b"\n")
    if len(head) > _LINE_BYTES:
        raise ValueError("a line that is too long")
    stated = _REPLY.validate_json(head, strict=True)
    arrays = [] if isinstance(stated, Failed) else stated
    for instance in arrays:
        if sum(math.prod(one[1]) for one in instance.values() if not isinstance(one, str)) > VALUES:
            raise ValueError("more numbers than a call may return")
    values = channel.unpacked(arrays, numbers)
    return stated if isinstance(stated, Failed) else values
