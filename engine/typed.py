"""The words of `typing` for what answers from the cache: importing it costs a third of a Python.

With it come `re` and `contextlib`, and a short answer needs none of them. For a type checker
everything here *is* `typing`'s. At run time annotations are never looked at, so that most of the
words need only exist; `NamedTuple` makes what the standard library's makes, late: `__new__` is
compiled when it is worth it. A test holds the two to each other.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import (
        IO,
        Any,
        Final,
        NamedTuple,
        NoReturn,
        Protocol,
        TypeAlias,
        TypeVar,
        overload,
    )
else:
    from collections import _tuplegetter

    IO = Any = Final = NoReturn = TypeAlias = None
    Protocol = object

    def overload(function):
        """Return a function that the next of the same name takes the place of."""
        return function

    def TypeVar(name, **_):
        """Return what stands for a type in an annotation."""
        return name

    class _LateNew:
        """A `__new__` that is compiled when the third tuple is made: most classes make fewer."""

        __slots__ = ("defaults", "fields", "owner", "seldom")

        def __init__(self, fields, defaults):
            self.fields = fields
            self.defaults = defaults
            self.owner = None
            self.seldom = 2

        def __get__(self, _, cls):
            if self.seldom:
                self.seldom -= 1
                return self.slowly
            if self.owner.__dict__["__new__"] is self:
                self.owner.__new__ = staticmethod(self.compiled())
            return self.owner.__new__

        def slowly(self, cls, /, *given, **named):
            """Make one; what does not fit is the compiled function's to refuse."""
            values = {**self.defaults, **dict(zip(self.fields, given, strict=False)), **named}
            twice = len(given) > len(self.fields) or not named.keys().isdisjoint(
                self.fields[: len(given)]
            )
            if twice or len(values) != len(self.fields) or not values.keys() <= {*self.fields}:
                return self.compiled()(cls, *given, **named)
            return tuple.__new__(cls, [values[name] for name in self.fields])

        def compiled(self):
            """Return the function that `collections.namedtuple` would have written."""
            given = ", ".join(("_cls", *self.fields))
            taken = "".join(f"{name}, " for name in self.fields)
            names = {"_new": tuple.__new__}
            exec(f"def __new__({given}): return _new(_cls, ({taken}))", names)
            made = names["__new__"]
            made.__defaults__ = tuple(self.defaults.values())
            made.__qualname__ = f"{self.owner.__qualname__}.__new__"
            made.__module__ = self.owner.__module__
            return made

    class _Named(type):
        """Turns a class of annotated fields into a class of tuples."""

        def __new__(cls, name, bases, content):
            if not bases:  # `NamedTuple` itself
                return type.__new__(cls, name, bases, content)
            fields = tuple(content.get("__annotations__", ()))
            defaults = {field: content[field] for field in fields if field in content}
            if tuple(defaults) != fields[len(fields) - len(defaults) :]:
                raise TypeError(f"a field of {name} without a default follows one that has one")
            made = type(name, (tuple,), {**_SHARED, **content, **_content(fields, defaults)})
            made.__dict__["__new__"].owner = made
            return made

    def _content(fields, defaults):
        return {
            "__slots__": (),
            "__match_args__": fields,
            "_fields": fields,
            "_field_defaults": defaults,
            "__new__": _LateNew(fields, defaults),
            **{name: _tuplegetter(at, "") for at, name in enumerate(fields)},
        }

    def _make(cls, iterable):
        made = tuple.__new__(cls, iterable)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self, /, **changes):
        made = self._make(map(changes.pop, self._fields, self))
        if changes:
            raise ValueError(f"Got unexpected field names: {list(changes)!r}")
        return made

    def _asdict(self):
        return dict(zip(self._fields, self, strict=True))

    def _repr(self):
        shown = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
        return f"{type(self).__name__}({shown})"

    def _arguments(self):
        return tuple(self)

    _SHARED = {
        "__getnewargs__": _arguments,
        "__repr__": _repr,
        "_asdict": _asdict,
        "_make": classmethod(_make),
        "_replace": _replace,
    }
    NamedTuple = _Named("NamedTuple", (), {})

__all__ = [
    "IO",
    "TYPE_CHECKING",
    "Any",
    "Final",
    "NamedTuple",
    "NoReturn",
    "Protocol",
    "TypeAlias",
    "TypeVar",
    "overload",
]
