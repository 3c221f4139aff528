"""People drawn from censuses, folded as numbers: by numpy, before anybody's id is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import finalize

from engine.read import duck
from engine.read.census import spread
from engine.read.population import Raw
from engine.review.numbering import alike, firsts_of, in_order, numbered

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence

    from engine.read.arrays import Flags, Listed, Numbers
    from engine.read.drawn import Drawn
    from engine.read.population import Population
    from engine.review.voices import Voice, Voices

_STEP: Final = 1 << 17
"""So many people are looked at at once, that what is computed on the way stays near."""


class _Told(NamedTuple):
    """Who is heard for some people: codes of primary groups, -1 for none, and those of others.

    Of others `sizes` says how many each person has, and `codes` holds all of them, in order.
    """

    firsts: Numbers
    sizes: Numbers
    codes: Numbers


class FolkDrawn:
    """Those drawn from some censuses, each with the number of its part and of its account.

    They are put into the table `folk`: see `engine.review.shared_people.Fold`.
    """

    def __init__(
        self,
        population: Population,
        voices: Voices,
        found: Sequence[tuple[int, int, Drawn]],
        folk: str,
    ) -> None:
        import numpy as np

        self._population = population
        self._found = found
        self._folk = folk
        known: dict[Hashable, int] = {}
        self._own = np.concatenate([_own(home, drawn, known) for _, home, drawn in found])
        told = [one for _, home, drawn in found for one in _told(drawn, home, voices)]
        self._told = _Told(*(np.concatenate(column) for column in zip(*told, strict=True)))
        self._begins = np.append(0, np.cumsum(self._told.sizes))
        firsts, sizes, codes = self._told
        self._labels = np.where(firsts < 0, -1, voices.label_of(firsts)), voices.label_of(codes)
        lists = alike(sizes, self._labels[1])
        self._numbers = numbered(self._own, self._labels[0], lists)
        finalize(self, duck.drop, population.connection, (folk,)).atexit = False
        self._are_here = self._create(voices.kind)

    # -- questions ----------------------------------------------------------------------

    def situations(self) -> Iterator[Raw]:
        """Yield the situations: see `engine.review.shared_people.Way`."""
        import numpy as np

        here = np.flatnonzero(self._are_here)
        numbers = self._numbers[here]
        people = np.bincount(numbers).tolist()
        for at in here[firsts_of(numbers)].tolist():
            number, main = int(self._numbers[at]), int(self._labels[0][at])
            part, drawn, place = self._drawn(at)
            mine = slice(self._begins[at], self._begins[at + 1])
            yield Raw(
                number=number,
                people=people[number],
                part=part,
                label=None if main < 0 else main,
                labels=self._labels[1][mine].tolist(),
                one=self._heard(at),
                user="",  # of a situation nobody asks who it is
                **drawn.said(int(drawn.kind_of[place])),
            )

    def folks(self, numbers: Collection[int]) -> Iterator[Raw]:
        """Yield the people of some situations by profile: see the same."""
        import numpy as np

        wanted = np.zeros(int(self._numbers.max()) + 1, np.bool_)
        wanted[list(numbers)] = True
        begin = 0
        for part, _, drawn in self._found:
            some = slice(begin, begin + len(drawn))
            places = np.flatnonzero(wanted.take(self._numbers[some]) & self._are_here[some])
            if len(places):
                profiles = self._profiles(drawn, places, begin)
                firsts = places[firsts_of(profiles)].tolist()
                ids = self._ids(places, profiles, begin, numbers)
                for place, names in zip(firsts, ids, strict=True):
                    number = int(self._numbers[begin + place])
                    row = {**drawn.profile(place, min(names)), **self._heard(begin + place)}
                    yield Raw(**row, part=part, number=number, ids=names)
            begin += len(drawn)

    def _profiles(self, drawn: Drawn, places: Numbers, begin: int) -> Numbers:
        """Return the numbers of the ways in which people are declared, in whatever order."""
        sizes = drawn.members[0][places]
        members = drawn.members[1][spread(drawn.begins[places], sizes)]
        groups = alike(sizes, in_order(sizes, members))
        return numbered(self._own[begin + places], drawn.mains[places], groups)

    def _ids(
        self, places: Numbers, profiles: Numbers, begin: int, numbers: Collection[int]
    ) -> list[list[str]]:
        """Return the ids of all people of some situations at some places, by their profiles."""
        import numpy as np

        profile_of = np.zeros(int(places[-1]) + 1, np.int64)
        profile_of[places] = profiles
        which = profile_of.tolist()
        found: list[list[str]] = [[] for _ in range(int(profiles.max()) + 1)]
        query = (
            f"SELECT place - {begin} AS place, name FROM {self._folk}"
            f" WHERE place BETWEEN {begin} AND {begin + int(places[-1])}"
            f" AND number IN ({', '.join(map(str, numbers))})"
        )
        for row in self._population.answer(query):
            found[which[row["place"]]].append(row["name"])
        return found

    def _drawn(self, at: int) -> tuple[int, Drawn, int]:
        """Return of whom somebody is one: the part, those drawn, and the place among them."""
        for part, _, drawn in self._found:
            if at < len(drawn):
                return part, drawn, at
            at -= len(drawn)
        raise IndexError(at)

    def _heard(self, at: int) -> dict[str, int | list[int] | None]:
        first = int(self._told.firsts[at])
        kept = self._told.codes[self._begins[at] : self._begins[at + 1]].tolist()
        return {"first": None if first < 0 else first, "kept": kept}

    # -- what is known of each -----------------------------------------------------------

    def _create(self, kind: str) -> Flags:
        """Create the table of who is in which situation; tell who is in it, and not apart."""
        import numpy as np

        run = self._population.connection.execute
        run(
            f"CREATE TABLE {self._folk} (name VARCHAR, place INTEGER, home INTEGER, number INTEGER,"
            f" first {kind}, kept {kind}[])"
        )
        firsts, sizes, codes = self._told
        begin = 0
        for _, home, drawn in self._found:
            end = begin + len(drawn)
            some = slice(begin, end)
            mine = slice(self._begins[begin], self._begins[end])
            columns: dict[str, Numbers | Listed] = {
                "place": np.arange(begin, end, dtype=np.int32),
                "home": np.full(end - begin, home, np.int32),
                "number": self._numbers[some].astype(np.int32),
                "first": np.ma.masked_equal(firsts[some], -1),
                "kept": (sizes[some], codes[mine]),
            }
            drawn.insert(self._folk, columns)
            begin = end
        return self._present()

    def _present(self) -> Flags:
        import numpy as np

        run = self._population.connection.execute
        are_here = np.ones(len(self._numbers), np.bool_)
        ((there,),) = run(f"SELECT count(*) FROM {self._folk}").fetchall()
        if there < len(are_here):
            are_here[:] = False
            are_here[run(f"SELECT place FROM {self._folk}").fetchnumpy()["place"]] = True
        return are_here


def _own(home: int, drawn: Drawn, known: dict[Hashable, int]) -> Numbers:
    """Return the numbers of accounts and of all that people say but for their groups."""
    import numpy as np

    found = np.zeros(len(drawn.kinds), np.int64)
    for kind in np.flatnonzero(np.bincount(drawn.kind_of)).tolist():
        said = tuple(
            tuple(one) if isinstance(one, list) else one for one in drawn.said(kind).values()
        )
        found[kind] = known.setdefault((home, said), len(known))
    return found.take(drawn.kind_of)


def _told(drawn: Drawn, home: int, voices: Voices) -> Iterator[_Told]:
    """Yield who is heard for some people after the others."""
    import numpy as np

    mains, _ = _codes(drawn, [one for one in voices.mains if one.home == home])
    layers = [_codes(drawn, some) for some in _layers(voices.others, home)]
    for at in range(0, len(drawn), _STEP):
        some = slice(at, at + _STEP)
        sizes = drawn.members[0][some]
        begin = drawn.begins[at]
        members = drawn.members[1][begin : begin + int(sizes.sum())]
        main = drawn.mains[some]
        rows = np.repeat(np.arange(len(sizes)), sizes)
        # Primary groups that play no part are heard like all others.
        heard = members != main.take(rows) if voices.by_main(home) else np.True_
        hits = [np.flatnonzero((codes.take(members) >= 0) & heard) for codes, _ in layers]
        each = [
            (rows[hit], codes.take(members[hit]), apart.take(members[hit]))
            for hit, (codes, apart) in zip(hits, layers, strict=True)
        ]
        yield _Told(mains.take(main), *_once(each, len(sizes)))


def _layers(voices: Sequence[Voice], home: int) -> list[list[Voice]]:
    """Return the voices of an account, of a group that has several one in each layer."""
    layers: list[list[Voice]] = []
    met: dict[str, int] = {}
    for one in voices:
        if one.home == home:
            at = met[one.group] = met.get(one.group, -1) + 1
            if at == len(layers):
                layers.append([])
            layers[at].append(one)
    return layers


def _codes(drawn: Drawn, voices: Sequence[Voice]) -> tuple[Numbers, Numbers]:
    """Return the code of each group, -1 where it is not heard, and what tells it apart."""
    import numpy as np

    numbers: Mapping[str, int] = {group: at for at, group in enumerate(drawn.groups)}
    some = [one for one in voices if one.group in numbers]
    found = np.full(len(numbers), -1), np.full(len(numbers), -1)
    at = [numbers[one.group] for one in some]
    found[0][at] = [one.code for one in some]
    found[1][at] = [one.apart for one in some]
    return found


def _once(each: Sequence[tuple[Numbers, Numbers, Numbers]], number: int) -> tuple[Numbers, Numbers]:
    """Return how many are heard for each row, and their codes: the first of those told alike.

    `each` are rows, codes and what tells these apart.
    """
    import numpy as np

    if not each:
        return np.zeros(number, np.int64), np.zeros(0, np.int64)
    rows, codes, apart = (np.concatenate(column) for column in zip(*each, strict=True))
    order = np.lexsort((codes, apart, rows))
    rows, codes, apart = rows[order], codes[order], apart[order]
    first = (np.diff(rows, prepend=-1) != 0) | (np.diff(apart, prepend=-1) != 0)
    rows, codes = rows[first], codes[first]
    return np.bincount(rows, minlength=number), codes[np.lexsort((codes, rows))]
