"""DuckDB's rows as numpy's arrays, batch by batch, through Arrow's form; nothing is copied.

Needs nanoarrow, which hands the batches over, and numpy: who asks has another way without them.
"""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from engine.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TypeAlias

    import duckdb
    import numpy as np
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[Any]
    Flags: TypeAlias = NDArray[np.bool_]
    Listed: TypeAlias = tuple[Numbers, Numbers]
    """How many members each list has, and all members."""

_UNUSED: Final = "NPY_DISABLE_CPU_FEATURES"
_WIDE: Final = "X86_V4 AVX512_ICL AVX512_SPR AVX512F AVX512_SKX"
"""What numpy calls AVX-512, since 2.4 and before."""
_THREADS: Final = "OPENBLAS_NUM_THREADS"
"""How many threads are begun for matrices, which nobody multiplies: two take 0.06 CPU seconds."""
_VALID, _VALUES, _BYTES = 0, 1, 2
"""The buffers of a column: which values are there, the values (of texts and lists their ends)."""


def are_at_hand() -> bool:
    """Tell whether nanoarrow and numpy are there; import them.

    Where numpy is not in use yet it is told to leave AVX-512 alone: to sort ten million numbers
    takes five times as long with it as with AVX2 where a processor stores packed numbers by
    microcode (Zen 4: 0.63 s and 0.12 s), and hardly less elsewhere. It warns of names that it
    doesn't know, and fails where it was built for such processors only.
    """
    try:
        with _settings(), warnings.catch_warnings():
            warnings.simplefilter("ignore", ImportWarning)
            import nanoarrow  # noqa: F401
            import numpy  # noqa: F401, ICN001
    except (ImportError, RuntimeError):
        return False
    return True


@contextmanager
def _settings() -> Iterator[None]:
    """Set what numpy reads when it is loaded, unless it is by now."""
    before = {key: os.environ.get(key) for key in (_UNUSED, _THREADS)}
    if "numpy" not in sys.modules:
        os.environ[_UNUSED] = f"{before[_UNUSED] or ''} {_WIDE}".strip()
        os.environ[_THREADS] = before[_THREADS] or "1"
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def batches(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[Any]:
    """Yield the rows of a statement in batches, in their order; each has a child for each column.

    Raises what DuckDB raises, or SourceError.
    """
    import nanoarrow

    try:
        yield from nanoarrow.c_array_stream(connection.sql(query))
    except RuntimeError as error:  # nanoarrow has no other word for what DuckDB says meanwhile
        asked = f"SELECT max(hash(COLUMNS(*))) FROM ({query})"  # fails in its own words
        connection.execute(asked).fetchall()
        raise SourceError(str(error)) from error


def numbers(column: Any) -> Numbers:
    """Return a column of numbers, or of words the numbers of these.

    INVARIANT: a slice of a column has an offset that its buffers know nothing of.
    """
    return _values(column, 0)


def ends(column: Any) -> Numbers:
    """Return where each text or list of a column begins, and where the last one ends."""
    return _values(column, 1)


def text(column: Any) -> NDArray[np.uint8]:
    """Return the bytes of all texts of a column; `ends` tells them apart."""
    import numpy as np

    at = ends(column)
    return np.asarray(column.view().buffer(_BYTES)).view(np.uint8)[at[0] : at[-1]]


def members(column: Any) -> Listed:
    """Return a column of lists of numbers or words."""
    import numpy as np

    at = ends(column)
    return np.diff(at), numbers(column.child(0))[at[0] : at[-1]]


def there(column: Any) -> Flags | None:
    """Return which values of a column are there; None where all are."""
    return _flags(column, _VALID)


def truths(column: Any) -> Flags:
    """Return a column of truth values; what one is that is not there says nothing."""
    found = _flags(column, _VALUES)
    assert found is not None  # noqa: S101 - values are always there, for all that they say
    return found


def _values(column: Any, more: int) -> Numbers:
    import numpy as np

    view = column.view()
    return np.asarray(view.buffer(_VALUES))[view.offset : view.offset + view.length + more]


def _flags(column: Any, which: int) -> Flags | None:
    import numpy as np

    view = column.view()
    bits = np.asarray(view.buffer(which)).view(np.uint8)
    if not len(bits):
        return None if view.length or which == _VALID else np.zeros(0, np.bool_)
    flags = np.unpackbits(bits, bitorder="little")
    return flags[view.offset : view.offset + view.length].astype(np.bool_)


def rows(columns: Mapping[str, Numbers | Listed]) -> Any:
    """Return rows that DuckDB can read, of columns of numbers and of lists.

    What is masked in an array is null.
    """
    import nanoarrow

    made = {name: _column(column) for name, column in columns.items()}
    kind = nanoarrow.struct(
        {name: nanoarrow.Schema(column.schema) for name, column in made.items()}
    )
    number = next(iter(made.values())).length
    return nanoarrow.Array(
        nanoarrow.c_array_from_buffers(kind, number, [None], children=made.values())
    )


def _column(column: Numbers | Listed) -> Any:
    import nanoarrow
    import numpy as np

    if not isinstance(column, tuple):
        kind = getattr(nanoarrow, column.dtype.name)()
        there = None
        if isinstance(column, np.ma.MaskedArray):
            there = np.packbits(~np.ma.getmaskarray(column), bitorder="little")
        return nanoarrow.c_array_from_buffers(kind, len(column), [there, np.asarray(column)])
    sizes, members = column
    at = np.zeros(len(sizes) + 1, np.int32)
    np.cumsum(sizes, out=at[1:])
    listed = _column(members)
    kind = nanoarrow.list_(nanoarrow.Schema(listed.schema))
    return nanoarrow.c_array_from_buffers(kind, len(sizes), [None, at], children=[listed])
