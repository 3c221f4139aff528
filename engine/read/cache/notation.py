"""JSON as the cache writes it, read without importing `json`.

That compiles regular expressions when it is imported, which takes longer than a warm answer takes
to read all its records. Its scanner, in C, needs none; where there is none, `json` reads.
"""

from __future__ import annotations

from engine.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class _Context:
    """What the scanner asks how to read: as `json` does where nothing else is said."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


def _read() -> Callable[[str], Any]:
    try:
        from _json import make_scanner

        context: Any = _Context()
        scan = make_scanner(context)
    except (ImportError, AttributeError, TypeError):  # another Python may keep it elsewhere
        from json import loads

        return loads

    def read(text: str) -> Any:
        try:
            found, end = scan(text, 0)
        except StopIteration as error:
            raise ValueError("a value is missing") from error
        if end != len(text):
            raise ValueError("there is more than one value")
        return found

    return read


read: Callable[[str], Any] = _read()
"""Return what a text says, without white space around it; raise ValueError where it is no JSON."""
