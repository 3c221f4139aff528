"""The way in: a question put to a compiled set, or to what is read where there is none."""

from __future__ import annotations

from contextlib import contextmanager

from engine.read.cache import home
from engine.read.cache.records import policy_set, records
from engine.read.cache.shelf import DamagedError, Shelf, written
from engine.read.labels import label
from engine.typed import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.model import PolicySet
    from engine.read.cache.places import Kept
    from engine.read.load import Loaded

T = TypeVar("T")


class Place(Protocol):
    """Where policies lie: see `places`."""

    root: str

    def address(self) -> bytes | None:
        """Return the address of the compiled set of what lies there now, if that is known."""
        ...

    def load(self) -> Loaded:
        """Read the policies."""
        ...

    def kept_at(self, loaded: Loaded) -> Kept | None:
        """Return where to keep what was loaded; None where it may not be kept."""
        ...


def ask(place: Place, question: Callable[[PolicySet], T], load: Callable[[], Loaded]) -> T:
    """Put a question to valid policies: to the cache where it has them, else to what is read.

    `load` is the place's own, or goes around it. The question may be put twice, and what it returns
    must not hold the set, of which it gets accounts, groups, users, toggles, owners and roles.
    Raises what reading raises, and InvalidPoliciesError.
    """
    if home.folder() is None:
        return question(load().valid())
    address = place.address()
    if address is not None:
        try:
            with _opened(address) as shelf:
                if shelf is not None:
                    return question(policy_set(shelf, lambda path: label(place.root, path)))
        except DamagedError:
            home.drop(_name(address))
    loaded = load()
    policies = loaded.valid()
    _keep(place, loaded)
    return question(policies)


@contextmanager
def _opened(address: bytes) -> Iterator[Shelf | None]:
    descriptor = home.open_file(_name(address))
    if descriptor is None:
        yield None
        return
    shelf = Shelf(descriptor, address)
    try:
        yield shelf
    finally:
        shelf.close()


def _keep(place: Place, loaded: Loaded) -> None:
    """Keep a valid set for the next question, where that can be done."""
    if loaded.population is not None:  # people who are no values stay in their tables
        return
    kept = place.kept_at(loaded)
    if kept is None or home.has(_name(kept.address)):
        return
    from engine.read.load import collector_at_rest

    with collector_at_rest():
        parts = written(kept.address, records(loaded.policies, kept.paths))
    if parts is not None:
        home.put(_name(kept.address), parts)


def _name(address: bytes) -> str:
    return f"{address.hex()}.set"
