"""The ids of everybody in large tables, looked over once: whether any may stand twice.

DuckDB hands batches over in Arrow's form, the bytes of all their ids in one array, so that numpy
tells what the ids look like for a tenth of what it costs to ask each one by itself.
"""

from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING, Any, Final

from engine.errors import SourceError
from engine.read.cells import LONGEST
from engine.read.large import raw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    from engine.read.population import Population

    Hashes: TypeAlias = NDArray[np.uint64]

PASS: Final = 12_000_000
"""How many hashes are compared at once: 96 MB of them."""
_UNUSED: Final = "NPY_DISABLE_CPU_FEATURES"
_WIDE: Final = "X86_V4 AVX512_ICL AVX512_SPR AVX512F AVX512_SKX"
"""What numpy calls AVX-512, since 2.4 and before."""
_SPACE, _AT, _DELETE = b" @\x7f"


def may_be_doubled(population: Population) -> bool:
    """Tell whether a user may stand twice: whether two ids, anywhere, have one hash.

    Afterwards `plain` tells whether every id was seen to be well-formed.
    """
    ids = " UNION ALL ".join(
        f'SELECT "user"::VARCHAR AS id FROM {raw(alike)}'
        for part in population.parts
        for alike in part.alike()
    )
    if population.declared:
        ids += " UNION ALL SELECT id FROM declared"
        declare(population)
    if not _is_vectorised():
        query = f"SELECT 1 FROM ({ids}) GROUP BY id HAVING count(*) > 1 LIMIT 1"
        return bool(population.connection.execute(query).fetchall())
    passes = 1 + (population.count() + len(population.declared)) // PASS
    return any(_alike(population, ids, number, passes) for number in range(passes))


def _is_vectorised() -> bool:
    """Tell whether nanoarrow, which hands the batches over, and numpy are there; import them.

    Where numpy is not in use yet it is told to leave AVX-512 alone: to sort ten million numbers
    takes five times as long with it as with AVX2 where a processor stores packed numbers by
    microcode (Zen 4: 0.63 s and 0.12 s), and hardly less elsewhere. It warns of names that it
    doesn't know, and fails where it was built for such processors only.
    """
    before = os.environ.get(_UNUSED)
    if "numpy" not in sys.modules:
        os.environ[_UNUSED] = f"{before or ''} {_WIDE}".strip()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ImportWarning)
            import nanoarrow  # noqa: F401
            import numpy  # noqa: F401, ICN001
    except (ImportError, RuntimeError):
        return False
    finally:
        if before is None:
            os.environ.pop(_UNUSED, None)
        else:
            os.environ[_UNUSED] = before
    return True


def declare(population: Population) -> None:
    """Create the table `declared` of users that are declared elsewhere."""
    population.connection.execute(
        "CREATE OR REPLACE TEMP TABLE declared AS SELECT unnest(?::VARCHAR[]) AS id",
        [list(population.declared)],
    )


def _alike(population: Population, ids: str, number: int, passes: int) -> bool:
    """Tell whether two of the hashes that fall to a pass are alike; the first looks at ids too."""
    import numpy as np

    room = (population.count() + len(population.declared)) // passes + 1
    hashes: Hashes = np.empty(room, np.uint64)
    used, plain = 0, True
    for batch in _batches(population, ids, number, passes):
        some = _numbers(batch.child(0), 1).view(np.uint64)
        if number == 0:
            plain = plain and are_plain(batch.child(1))
            some = some[some % passes == 0] if passes > 1 else some
        if used + len(some) > len(hashes):  # more fall to this pass than to another
            hashes = np.concatenate([hashes[:used], np.empty(room // 8 + len(some), np.uint64)])
        hashes[used : used + len(some)] = some
        used += len(some)
    if number == 0:
        population.plain = plain
    hashes = hashes[:used]
    hashes.sort()
    return bool(np.any(hashes[1:] == hashes[:-1]))


def _batches(population: Population, ids: str, number: int, passes: int) -> Iterator[Any]:
    """Yield hashes in batches, in the first pass those of all ids and the ids themselves."""
    import nanoarrow

    hashed = f"SELECT hash(id) AS h, id FROM ({ids})"
    if number:
        hashed = f"SELECT h FROM ({hashed}) WHERE h % {passes} = {number}"
    connection = population.connection
    try:
        yield from nanoarrow.c_array_stream(connection.sql(hashed))
    except RuntimeError as error:  # nanoarrow has no other word for what DuckDB says meanwhile
        connection.execute(f"SELECT max(h) FROM ({hashed})").fetchall()  # fails in its own words
        raise SourceError(str(error)) from error


def are_plain(ids: Any) -> bool:
    """Tell whether all ids of a batch are printable ASCII without a space, around one `@`."""
    import numpy as np

    ends = _numbers(ids, 1)
    text = _numbers(ids, 2).view(np.uint8)[ends[0] : ends[-1]]
    if not len(text) or text.min() <= _SPACE or text.max() >= _DELETE:
        return False
    first, after = ends[:-1], ends[1:]
    at = np.flatnonzero(text == _AT) + ends[0]
    return (
        len(at) == len(first)
        and bool(np.all((first < at) & (at < after - 1)))
        and bool(np.all(after - first <= LONGEST))
    )


def _numbers(column: Any, which: int) -> NDArray[Any]:
    """Return a buffer of a column as numbers, without a copy.

    INVARIANT: a slice of a column has an offset that its buffers know nothing of; the last of
    them, the bytes of texts, is told apart by the one before.
    """
    import numpy as np

    view = column.view()
    numbers = np.asarray(view.buffer(which))
    if which == 2:
        return numbers
    more = view.n_buffers - 2  # texts have one end more than they are
    return numbers[view.offset : view.offset + view.length + more]
