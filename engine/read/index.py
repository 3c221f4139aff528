"""What the entries of a set declare, by id: where references are looked up."""

from __future__ import annotations

from engine.model import Resolution
from engine.read.catalogue import BUILT_IN_KEYS
from engine.shapes import dataclass, field
from engine.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.read.entries import Entries, Entry
    from engine.read.population import Population
    from engine.read.tables import TableUser


@dataclass(slots=True)
class Index:
    """What the set declares, as far as it is sound.

    `everywhere` holds the groups whose account is unknown: they count as declared in every
    account. `sole_account` is the account that is meant where none is named.
    """

    accounts: dict[str, Entry] = field(default_factory=dict)
    sole_account: str | None = None
    groups: dict[str, dict[str, Entry]] = field(default_factory=dict)
    everywhere: set[str] = field(default_factory=set)
    users: dict[str, Entry] = field(default_factory=dict)
    table_users: dict[str, TableUser] = field(default_factory=dict)
    toggles: set[str] = field(default_factory=set)
    population: Population | None = None

    def account_of(self, entry: Entry) -> str | None:
        """Return the declared account an entry belongs to, or None while that isn't certain."""
        if "account" in entry.flawed:
            return None
        if entry.account is None:
            return self.sole_account
        return entry.account if entry.account in self.accounts else None

    def has_group(self, account: str, group: str) -> bool:
        """Tell whether a group counts as declared in an account."""
        return group in self.groups.get(account, ()) or group in self.everywhere

    def resolution(self, account: str) -> Resolution | None:
        """Return how an account resolves groups, or None while that isn't certain."""
        entry = self.accounts[account]
        if "group_resolution" in entry.flawed:
            return None
        return Resolution(entry.value.get("group_resolution", Resolution.PRIMARY_GROUP))


def index(entries: Entries) -> Index:
    """Index what the entries declare; of two entities with one id the first counts."""
    found = Index()
    for entry in entries.of("account"):
        if entry.id is not None:
            found.accounts.setdefault(entry.id, entry)
    if len(found.accounts) == 1 and "account" not in entries.uncertain:
        found.sole_account = next(iter(found.accounts))
    for entry in entries.of("group"):
        account = found.account_of(entry)
        if entry.id is None:
            continue
        if account is None:
            found.everywhere.add(entry.id)
        else:
            found.groups.setdefault(account, {}).setdefault(entry.id, entry)
    for entry in entries.of("user"):
        if entry.id is not None:
            found.users.setdefault(entry.id, entry)
    found.toggles = {*BUILT_IN_KEYS, *(str(e.id) for e in entries.of("toggle"))}
    return found
