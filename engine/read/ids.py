"""The ids of everybody in large tables, looked over once: whether any may stand twice.

DuckDB hands batches over in Arrow's form, the bytes of all their ids in one array, so that numpy
tells what the ids look like for a tenth of what it costs to ask each one by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.read import arrays
from engine.read.cells import LONGEST
from engine.read.large import raw

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    from engine.read.population import Population

    Hashes: TypeAlias = NDArray[np.uint64]

PASS: Final = 12_000_000
"""How many hashes are compared at once: 96 MB of them."""
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
    if not arrays.are_at_hand():
        query = f"SELECT 1 FROM ({ids}) GROUP BY id HAVING count(*) > 1 LIMIT 1"
        return bool(population.connection.execute(query).fetchall())
    passes = 1 + (population.count() + len(population.declared)) // PASS
    return any(_alike(population, ids, number, passes) for number in range(passes))


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
    for batch in arrays.batches(population.connection, _hashed(ids, number, passes)):
        some = arrays.numbers(batch.child(0))
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


def _hashed(ids: str, number: int, passes: int) -> str:
    """Return the statement of hashes, in the first pass those of all ids and the ids themselves."""
    hashed = f"SELECT hash(id) AS h, id FROM ({ids})"
    return f"SELECT h FROM ({hashed}) WHERE h % {passes} = {number}" if number else hashed


def are_plain(ids: Any) -> bool:
    """Tell whether all ids of a batch are printable ASCII without a space, around one `@`."""
    import numpy as np

    ends, text = arrays.ends(ids), arrays.text(ids)
    if not len(text) or text.min() <= _SPACE or text.max() >= _DELETE:
        return False
    first, after = ends[:-1], ends[1:]
    at = np.flatnonzero(text == _AT) + ends[0]
    return (
        len(at) == len(first)
        and bool(np.all((first < at) & (at < after - 1)))
        and bool(np.all(after - first <= LONGEST))
    )
