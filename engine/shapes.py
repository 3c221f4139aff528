"""`dataclass` as the standard library means it, made late: a question pays for what it uses.

The standard one compiles six functions a class while the class is defined, about a millisecond for
each of the hundred classes here; a whole answer takes a few dozen. Here `__init__` is compiled
when it is worth it, the other methods are shared, and what its `replace` and `fields` ask for is
made by the standard library itself when they ask; our own `replace` needs none of it. A test holds
the two to each other. For a type checker this *is* the standard library's.
"""

from __future__ import annotations

from engine.typed import TYPE_CHECKING

__all__ = ["dataclass", "field", "replace"]

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    from operator import attrgetter

    _MISSING = object()

    class _Field:
        """What `field` was given."""

        __slots__ = ("compare", "default", "default_factory", "init", "repr")

        def __init__(self, default, default_factory, init, repr_, compare):
            self.default = default
            self.default_factory = default_factory
            self.init = init
            self.repr = repr_
            self.compare = compare

    def field(
        *, default=_MISSING, default_factory=_MISSING, init=True, repr=True, compare=True
    ):  # - named as there
        """Say more of a field than its type, as in the standard library."""
        return _Field(default, default_factory, init, repr, compare)

    def dataclass(cls=None, /, **options):
        """Make a class of the fields that it annotates, as in the standard library."""
        return _made(cls, options) if cls else lambda real: _made(real, options)

    def replace(one, /, **changes):
        """Return another that differs in some fields, as in the standard library."""
        for name, field in one.__shape__.items():
            if not field.init and name in changes:
                raise ValueError(f"field {name} is declared with init=False, it cannot be replaced")
            if field.init and name not in changes:
                changes[name] = getattr(one, name)
        return type(one)(**changes)

    def _made(cls, options):
        fields = {}
        for base in reversed(cls.__mro__[1:]):
            fields |= vars(base).get("__shape__", {})
        own = {name: _field_of(vars(cls).get(name, _MISSING)) for name in cls.__annotations__}
        fields |= own
        added = {"__shape__": fields, "__dataclass_fields__": _Standard(fields, options)}
        weak = ("__weakref__",) if options.pop("weakref_slot", False) else ()
        added |= _methods(fields, **options)
        content = {name: value for name, value in vars(cls).items() if name not in own}
        if options.get("slots"):
            inherited = {name for base in cls.__mro__[1:-1] for name in base.__slots__}
            added["__slots__"] = (*(name for name in own if name not in inherited), *weak)
            content.pop("__dict__", None)
            content.pop("__weakref__", None)
            made = type(cls)(cls.__name__, cls.__bases__, {**added, **content})
        else:
            made = cls
            for name, one in own.items():
                if one.default is not _MISSING:
                    setattr(cls, name, one.default)
                elif name in vars(cls):
                    delattr(cls, name)
            for name in added.keys() - content.keys():
                setattr(cls, name, added[name])
        added["__init__"].owner = made
        return made

    def _field_of(given):
        return given if isinstance(given, _Field) else _Field(given, _MISSING, True, True, True)

    def _methods(fields, *, frozen=False, slots=False, kw_only=False, eq=True):
        added = {"__init__": _Late(fields, frozen, kw_only), "__repr__": _repr}
        if eq:
            compared = [name for name, one in fields.items() if one.compare]
            key = attrgetter(*compared) if compared else lambda _: ()
            added["__eq__"] = lambda self, other: (
                key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented
            )
            added["__hash__"] = (lambda self: hash(key(self))) if frozen else None
        if frozen:
            added |= {"__setattr__": _refused, "__delattr__": _refused}
            if slots:
                added |= {"__getstate__": _state, "__setstate__": _restored}
        return added

    class _Late:
        """An `__init__` that is compiled for the third instance: most classes have fewer."""

        __slots__ = ("fields", "frozen", "kw_only", "owner", "seldom")

        def __init__(self, fields, frozen, kw_only):
            self.fields = fields
            self.frozen = frozen
            self.kw_only = kw_only
            self.owner = None
            self.seldom = 2

        def __get__(self, instance, cls):
            if self.seldom and instance is not None:
                self.seldom -= 1
                return lambda *given, **named: self.slowly(instance, given, named)
            made = self.owner.__dict__["__init__"]
            if made is self:
                made = self.compiled()
                self.owner.__init__ = made
            return made if instance is None else made.__get__(instance, cls)

        def slowly(self, instance, given, named):
            """Fill one; what does not fit is the compiled function's to refuse."""
            taken = [name for name, one in self.fields.items() if one.init]
            first = {} if self.kw_only else dict(zip(taken, given, strict=False))
            values = {**first, **named}
            if len(values) != len(given) + len(named) or not values.keys() <= {*taken}:
                return self.compiled()(instance, *given, **named)
            for name, one in self.fields.items():
                if name in values:
                    continue
                if one.default_factory is not _MISSING:
                    values[name] = one.default_factory()
                elif one.default is not _MISSING:
                    values[name] = one.default
                elif one.init:
                    return self.compiled()(instance, *given, **named)
            put = object.__setattr__ if self.frozen else setattr
            for name in self.fields:
                if name in values:
                    put(instance, name, values[name])
            return None

        def compiled(self):
            """Return the function that the standard library would have written."""
            names = {"_missing": _MISSING, "_set": object.__setattr__}
            parameters, body = ["self", "*"] if self.kw_only else ["self"], []
            for name, one in self.fields.items():
                value = name
                if one.default_factory is not _MISSING:
                    names[f"_make_{name}"] = one.default_factory
                    value = f"_make_{name}()"
                    if one.init:
                        value += f" if {name} is _missing else {name}"
                        parameters.append(f"{name}=_missing")
                elif one.default is not _MISSING:
                    names[f"_default_{name}"] = one.default
                    value = name if one.init else f"_default_{name}"
                    if one.init:
                        parameters.append(f"{name}=_default_{name}")
                elif one.init:
                    parameters.append(name)
                else:
                    continue
                body.append(
                    f"_set(self, {name!r}, {value})" if self.frozen else f"self.{name} = {value}"
                )
            text = "\n ".join((f"def __init__({', '.join(parameters)}):", *(body or ["pass"])))
            exec(text, names)
            made = names["__init__"]
            made.__qualname__ = f"{self.owner.__qualname__}.__init__"
            made.__module__ = self.owner.__module__
            return made

    class _Standard:
        """The fields as the standard library sees them, made when it asks."""

        __slots__ = ("fields", "made", "options")

        def __init__(self, fields, options):
            self.fields = fields
            self.options = options
            self.made = None

        def __get__(self, instance, cls):
            if self.made is None:
                import dataclasses

                content = {"__annotations__": dict.fromkeys(self.fields, "object")}
                for name, one in self.fields.items():
                    given = {
                        at: getattr(one, at)
                        for at in _Field.__slots__
                        if getattr(one, at) is not _MISSING
                    }
                    content[name] = dataclasses.field(**given)
                options = {
                    at: self.options[at] for at in ("frozen", "kw_only") if at in self.options
                }
                plain = dataclasses.dataclass(**options)(type(cls.__name__, (), content))
                self.made = plain.__dataclass_fields__
            return self.made

    def _repr(self):
        shown = (
            f"{name}={getattr(self, name)!r}" for name, one in self.__shape__.items() if one.repr
        )
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def _refused(_, name, *__):
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def _state(self):
        return [getattr(self, name) for name in self.__shape__]

    def _restored(self, state):
        for name, value in zip(self.__shape__, state, strict=True):
            object.__setattr__(self, name, value)
