"""One engine on single decisions, in a process of its own: `python -m bench._peers NAME SECONDS`.

Every engine answers the same questions: do events flow for this user, by R4 and R6. The peers do
not look anything up: they are handed what each scope says, where calsync finds its groups itself
and also says the state, the lock, the reason and the source. That favours the peers. Prints JSON:
the answers in order, decisions and CPU seconds.
"""

from __future__ import annotations

import json
import random
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from engine.model import Account, Group, PolicySet, Setting, State, Toggle, User

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Facts = dict[str, Any]
    Decide = Callable[[Facts], bool]

SYNC = "bidirectional_calendar_sync"
USERS, GROUPS = 1_000, 50
SUPPORTED = ("google", "office365", "exchange")
CONNECTED = (None, (), ("google",), ("exchange_on_premises",), ("google", "exchange_on_premises"))


def policies() -> PolicySet:
    """Return an account and its groups, of which some declare and some lock, and 1,000 users."""
    rng = random.Random(7)
    settings = [Setting(state, locked=locked) for state in State for locked in (False, True)]
    groups: dict[tuple[str, str], Group] = {}
    for number in range(GROUPS):
        declared = rng.choices((None, *settings), (60, 10, 10, 10, 10))[0]
        own = {SYNC: declared} if declared else {}
        groups["acme", f"g{number:02}"] = Group(id=f"g{number:02}", account="acme", settings=own)
    users: dict[str, User] = {}
    for number in range(USERS):
        joined = tuple(f"g{n:02}" for n in rng.sample(range(GROUPS), rng.randint(1, 5)))
        chosen = rng.choices((None, *State), (80, 10, 10))[0]
        users[f"u{number}@acme.example"] = User(
            id=f"u{number}@acme.example",
            account="acme",
            groups=joined,
            primary_group=joined[0],
            settings={SYNC: Setting(chosen)} if chosen else {},
            calendars=rng.choice(CONNECTED),
        )
    account = Account(id="acme", settings={SYNC: Setting(State.ENABLED)})
    toggle = Toggle(key=SYNC, default=State.ENABLED, supported_calendars=SUPPORTED)
    return PolicySet(accounts={"acme": account}, groups=groups, users=users, toggles={SYNC: toggle})


def facts(found: PolicySet, user: User) -> Facts:
    """Return what the peers are told of a user: words, and lists of words."""

    def says(setting: Setting | None) -> str:
        if setting is None:
            return "none"
        return ("lock_" if setting.locked else "") + ("on" if setting.state == "enabled" else "off")

    declared = {g: says(found.groups["acme", g].settings.get(SYNC)) for g in user.groups}
    return {
        "account": says(found.accounts["acme"].settings.get(SYNC)),
        "primary": declared[str(user.primary_group)],
        "others": [word for group, word in declared.items() if group != user.primary_group],
        "own": says(user.settings.get(SYNC)),
        "calendars": ["untracked"] if user.calendars is None else list(user.calendars),
    }


USABLE = ("untracked", *SUPPORTED)
KEYS = ("account", "primary", "others", "own")
ROWS: tuple[tuple[str, str, bool], ...] = (
    ("account", "lock_on", True),
    ("account", "lock_off", False),
    ("primary", "lock_on", True),
    ("primary", "lock_off", False),
    ("others", "lock_off", False),
    ("others", "lock_on", True),
    ("own", "on", True),
    ("own", "off", False),
    ("primary", "on", True),
    ("primary", "off", False),
    ("account", "on", True),
    ("account", "off", False),
)
"""R4 for a toggle whose default is on: the first row that holds decides; on where none does."""


def plain_python() -> Decide:
    """A function of ifs, as one would write it without any engine."""

    def decide(about: Facts) -> bool:
        if not any(calendar in USABLE for calendar in about["calendars"]):
            return False
        account, primary, others = about["account"], about["primary"], about["others"]
        if account in {"lock_on", "lock_off"}:
            return bool(account == "lock_on")
        if primary in {"lock_on", "lock_off"}:
            return bool(primary == "lock_on")
        if "lock_off" in others:
            return False
        if "lock_on" in others:
            return True
        for said in (about["own"], primary, account):
            if said != "none":
                return bool(said == "on")
        return True

    return decide


def json_logic() -> Decide:
    """panzi-json-logic: one chain of ifs."""
    from json_logic import jsonLogic

    rule = _logic({})
    return lambda about: bool(jsonLogic(rule, about))


def _logic(results: Mapping[bool, Any]) -> dict[str, Any]:
    usable = {"some": [{"var": "calendars"}, {"in": [{"var": ""}, list(USABLE)]}]}
    chain: list[Any] = [{"!": [usable]}, results.get(False, False)]
    for key, word, on in ROWS:
        said: dict[str, Any] = {"==": [{"var": key}, word]}
        if key == "others":
            said = {"in": [word, {"var": key}]}
        chain += [said, results.get(on, on)]
    return {"if": [*chain, results.get(True, True)]}


def flagd_core() -> Decide:
    """The evaluator inside OpenFeature's flagd: a flag with a targeting rule."""
    from openfeature.contrib.tools.flagd.core import FlagdCore
    from openfeature.evaluation_context import EvaluationContext

    flag = {
        "state": "ENABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": "on",
        "targeting": _logic({True: "on", False: "off"}),
    }
    core = FlagdCore()
    core.set_flags({"flags": {SYNC: flag}})

    def decide(about: Facts) -> bool:
        context = EvaluationContext(attributes=about)
        return bool(core.resolve_boolean_value(SYNC, False, context).value)

    return decide


def zen_engine() -> Decide:
    """GoRules: one compiled expression, which is much faster than a decision table."""
    import zen

    text = "true"
    for key, word, on in reversed(ROWS):
        said = f'some(others, # == "{word}")' if key == "others" else f'{key} == "{word}"'
        text = f"({said} ? {str(on).lower()} : {text})"
    made = zen.compile_expression(f"some(calendars, # in {json.dumps(USABLE)}) and {text}")
    return lambda about: bool(made.evaluate(about))


def regorus() -> Decide:
    """Microsoft's Rego interpreter: a rule with else branches."""
    from regorus import Engine

    branches = []
    for key, word, on in ROWS:
        said = f'"{word}" in input.others' if key == "others" else f'input.{key} == "{word}"'
        branches.append(f"{str(on).lower()} if {said}")
    text = (
        "package sync\nimport rego.v1\n"
        f"enabled := {' else := '.join(branches)} else := true\n"
        "default flows := false\n"
        f"flows if {{ enabled; some c in input.calendars; c in {set_of(USABLE)} }}\n"
    )
    engine = Engine()
    engine.add_policy("sync.rego", text)

    def decide(about: Facts) -> bool:
        engine.set_input(about)
        return bool(engine.eval_rule("data.sync.flows"))

    return decide


def set_of(words: Sequence[str]) -> str:
    return "{" + ", ".join(f'"{word}"' for word in words) + "}"


def casbin() -> Decide:
    """Casbin: one policy line for each row, the first that matches decides."""
    import casbin as library

    model = library.Enforcer.new_model()
    model.add_def("r", "r", f"{', '.join(KEYS)}, calendars")
    model.add_def("p", "p", f"{', '.join(KEYS)}, eft")
    model.add_def("e", "e", "priority(p_eft) || deny")
    says = [f'(p.{key} == "*" || r.{key} == p.{key})' for key in KEYS if key != "others"]
    says += ['(p.others == "*" || p.others in r.others)', "usable(r.calendars)"]
    model.add_def("m", "m", " && ".join(says))
    for key, word, on in ROWS:
        line = [word if one == key else "*" for one in KEYS]
        model.add_policy("p", "p", [*line, "allow" if on else "deny"])
    model.add_policy("p", "p", ["*", "*", "*", "*", "allow"])
    enforcer = library.Enforcer(model)
    enforcer.add_function("usable", lambda calendars: any(c in USABLE for c in calendars))
    return lambda about: bool(enforcer.enforce(*(about[key] for key in (*KEYS, "calendars"))))


def cedarpy() -> Decide:
    """Cedar by its Python binding, one request at a time."""
    import cedarpy as library

    texts = library.PolicySet.from_str(_CEDAR)

    def decide(about: Facts) -> bool:
        return bool(library.is_authorized(_cedar_request(about), texts, []).allowed)

    return decide


def cedarpy_batch() -> Callable[[Sequence[Facts]], list[bool]]:
    """Cedar by its Python binding, 1,000 requests a call."""
    import cedarpy as library

    texts = library.PolicySet.from_str(_CEDAR)

    def decide(all_about: Sequence[Facts]) -> list[bool]:
        requests = [_cedar_request(about) for about in all_about]
        return [bool(one.allowed) for one in library.is_authorized_batch(requests, texts, [])]

    return decide


def _cedar_request(about: Facts) -> dict[str, Any]:
    return {
        "principal": 'User::"u"',
        "action": 'Action::"sync"',
        "resource": f'Toggle::"{SYNC}"',
        "context": about,
    }


def _cedar() -> str:
    """Return one condition: Cedar's policies have no order."""
    text = "true"
    for key, word, on in reversed(ROWS):
        said = f'context.{key} == "{word}"'
        if key == "others":
            said = f'context.others.contains("{word}")'
        text = f"(if {said} then {str(on).lower()} else {text})"
    usable = f"context.calendars.containsAny({json.dumps(USABLE)})"
    return f"permit(principal, action, resource) when {{ {usable} && {text} }};"


_CEDAR = _cedar()

PEERS: Mapping[str, tuple[Callable[[], Any], str]] = {
    "plain Python": (plain_python, ""),
    "json-logic": (json_logic, "panzi-json-logic"),
    "flagd-core": (flagd_core, "openfeature-flagd-core"),
    "zen-engine": (zen_engine, "zen-engine"),
    "regorus": (regorus, "gordon-to-regorus"),
    "casbin": (casbin, "casbin"),
    "cedarpy": (cedarpy, "cedarpy"),
    "cedarpy, batches": (cedarpy_batch, "cedarpy"),
}
US = "calsync, one user at a time"


def main(name: str, seconds: float) -> None:
    """Answer all questions over and over for so many CPU seconds, and print what was measured."""
    found = policies()
    if name == US:
        from engine.decide.decisions import decide

        def ask() -> list[bool]:
            rows = (decide(found, user, SYNC) for user in found.users.values())
            return [bool(row.sync) for row in rows]

        package = "calsync"
    else:
        questions = [facts(found, user) for user in found.users.values()]
        make, package = PEERS[name]
        made = make()

        def ask() -> list[bool]:
            if make is cedarpy_batch:
                return list(made(questions))
            return [made(question) for question in questions]

    answers = ask()  # what is loaded late is loaded now
    passes, began = 0, time.process_time()
    while (used := time.process_time() - began) < seconds or not passes:
        ask()
        passes += 1
    said = "".join("01"[answer] for answer in answers)
    print(
        json.dumps(
            {
                "name": name,
                "version": _version(package),
                "decisions": passes * len(answers),
                "cpu": used,
                "answers": said,
            }
        )
    )


def _version(package: str) -> str:
    try:
        return version(package) if package else sys.version.split()[0]
    except PackageNotFoundError:
        return ""


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
