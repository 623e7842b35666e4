"""What was stored, as the types that it was stored from say: nothing that is read back is taken for what it is not."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def restored(kind: type[T], value: Any) -> T:
    """An instance of a dataclass out of the dict that `asdict` and JSON made of one.

    Fields with a default may be lacking. Raises TypeError or ValueError where a value is of another type than its field, a field
    is unknown or lacking, or a number is none.
    """
    made: T = _restored(kind, value, kind.__name__)
    return made


def _restored(kind: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, dict):
            raise _wrong(where, value, "an object")
        hints = _hints(kind)
        if unknown := set(value) - set(hints):
            raise ValueError(f"{where} has no {', '.join(sorted(map(str, unknown)))[:80]}")
        return kind(**{name: _restored(hints[name], held, f"{where}.{name}") for name, held in value.items()})
    if origin is Literal:
        if value not in arguments:
            raise _wrong(where, value, f"one of {', '.join(map(str, arguments))}")
        return value
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        (only,) = (argument for argument in arguments if argument is not type(None))
        return _restored(only, value, where)
    if origin in (tuple, Sequence, list):
        if not isinstance(value, (list, tuple)):
            raise _wrong(where, value, "a list")
        return tuple(_restored(arguments[0], held, where) for held in value)
    if origin in (dict, Mapping):
        if not isinstance(value, dict):
            raise _wrong(where, value, "an object")
        return {
            _restored(arguments[0], name, where): _restored(arguments[1], held, where) for name, held in value.items()
        }
    if kind is float and type(value) is int:
        return value
    if type(value) is not kind or (kind is float and not math.isfinite(value)):
        raise _wrong(where, value, kind.__name__)
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _wrong(where: str, value: Any, expected: str) -> TypeError:
    return TypeError(f"{where} is {type(value).__name__}, expected {expected}")
