"""The schemas in `schema/`: what a policy file may hold, and what editors show of it (SPEC §2)."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from jsonschema import Draft202012Validator

from engine.read.bundle import bundle, render
from engine.read.schemas import KINDS

FOLDER = Path(__file__).parents[2] / "schema"
NAMES = (*KINDS, "bundle")
TEXTS = {name: (FOLDER / f"{name}.json").read_text(encoding="utf-8") for name in NAMES}
SCHEMAS = {name: json.loads(text) for name, text in TEXTS.items()}
KIND_SCHEMAS = {kind: SCHEMAS[kind] for kind in KINDS}
SLOW = {name: Draft202012Validator(schema) for name, schema in SCHEMAS.items()}
FAST = {name: jsonschema_rs.Draft202012Validator(schema) for name, schema in SCHEMAS.items()}

ASTRAL = "\U0001f4c5"
"""One code point, two UTF-16 units: what counts characters wrongly counts it twice."""


NOT_SCHEMAS = {"examples", "default", "enum", "const", "defaultSnippets"}


def subschemas(schema, pointer="", *, named=False):
    """Yield the pointer and value of each mapping that is a schema, or `named` ones by name."""
    if isinstance(schema, dict):
        if not named:
            yield pointer, schema
        for key, value in schema.items():
            if named or key not in NOT_SCHEMAS:
                holds_names = not named and key in {"properties", "$defs"}
                yield from subschemas(value, f"{pointer}/{key}", named=holds_names)
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from subschemas(value, f"{pointer}/{index}")


def properties(name):
    """Yield the pointer and schema of every documented property; conditions are not documented."""
    for pointer, schema in subschemas(SCHEMAS[name]):
        if not pointer.endswith("/if"):
            for key, prop in schema.get("properties", {}).items():
                yield f"{name}.json#{pointer}/{key}", prop


def seen_through(name, prop):
    """Return a property with what it refers to filled in, as an editor sees it."""
    while "$ref" in prop:
        target = SCHEMAS[name]["$defs"][prop["$ref"].removeprefix("#/$defs/")]
        prop = {**target, **{key: value for key, value in prop.items() if key != "$ref"}}
    return prop


def alone(name, schema):
    return Draft202012Validator({"$defs": SCHEMAS[name]["$defs"], **schema})


PROPERTIES = [
    pytest.param(name, prop, id=pointer) for name in KINDS for pointer, prop in properties(name)
]

# -- the files ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid_against_its_metaschema(name):
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMAS[name])
    jsonschema_rs.meta.validate(SCHEMAS[name])


@pytest.mark.parametrize("name", NAMES)
def test_the_id_of_a_schema_never_changes(name):
    assert SCHEMAS[name]["$id"] == f"https://calsync.example/schema/1/{name}.json"


def test_every_file_is_a_kind_or_the_bundle():
    beside = {"output", "schemastore.json"}  # what calsync prints, and the entry for editors
    assert {path.name for path in FOLDER.iterdir()} - beside == {f"{name}.json" for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_written_in_the_one_way(name):
    assert TEXTS[name] == render(SCHEMAS[name])


@pytest.mark.parametrize("name", NAMES)
def test_references_stay_inside_the_file_and_every_definition_is_used(name):
    schema = SCHEMAS[name]
    references = {sub["$ref"] for _, sub in subschemas(schema) if "$ref" in sub}
    assert references == {f"#/$defs/{definition}" for definition in schema["$defs"]}


def test_definitions_of_one_name_are_the_same_text_in_all_files():
    texts = {
        (name, render(definition))
        for schema in KIND_SCHEMAS.values()
        for name, definition in schema["$defs"].items()
    }
    assert [name for name, count in Counter(name for name, _ in texts).items() if count > 1] == []


def test_a_user_in_a_list_has_the_keys_of_a_user_document_but_kind():
    one = dict(SCHEMAS["user"]["properties"])
    assert one.pop("kind")
    many = SCHEMAS["users"]["$defs"]["entry"]["properties"]
    validation = {"$ref", "type", "items", "uniqueItems"}
    assert list(one) == list(many)
    for key, prop in one.items():
        assert {k: v for k, v in prop.items() if k in validation} == {
            k: v for k, v in many[key].items() if k in validation
        }


# -- the bundle -----------------------------------------------------------------------------


def test_the_bundle_is_current():
    assert TEXTS["bundle"] == render(bundle(KIND_SCHEMAS))


def test_the_bundle_names_every_kind_where_editors_complete_it():
    kind = SCHEMAS["bundle"]["properties"]["kind"]
    assert kind["enum"] == list(KINDS)
    assert len(kind["enumDescriptions"]) == len(KINDS)


def test_the_bundle_has_one_identity():
    assert [p for p, sub in subschemas(SCHEMAS["bundle"]) if {"$id", "$schema"} & set(sub)] == [""]


def test_a_bundle_of_schemas_that_disagree_is_refused():
    other = json.loads(TEXTS["user"])
    other["$defs"]["id"]["pattern"] = "^x"
    with pytest.raises(ValueError, match="`\\$defs/id` of `user`"):
        bundle({"group": SCHEMAS["group"], "user": other})


def test_a_bundle_with_a_definition_named_like_a_kind_is_refused():
    other = json.loads(TEXTS["user"])
    other["$defs"]["group"] = {"type": "string"}
    with pytest.raises(ValueError, match="`\\$defs/group` of `user`"):
        bundle({"group": SCHEMAS["group"], "user": other})


@pytest.mark.parametrize("document", [None, 7, "kind: user", [], [{"kind": "user"}]])
def test_what_is_no_mapping_is_one_error_at_the_root(document):
    assert troubles("bundle", document) == [("", "type")]


@pytest.mark.parametrize(
    ("document", "trouble"),
    [
        ({}, ("", "required")),
        ({"id": "acme"}, ("", "required")),
        ({"kind": "grup", "id": 7, "x": 1}, ("/kind", "enum")),
        ({"kind": None}, ("/kind", "enum")),
        ({"kind": "Group"}, ("/kind", "enum")),
    ],
)
def test_an_unknown_kind_is_one_error_whatever_else_the_document_holds(document, trouble):
    assert troubles("bundle", document) == [trouble]


# -- what editors show ----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "prop"), PROPERTIES)
def test_every_property_has_a_title_a_description_and_an_example(name, prop):
    whole = seen_through(name, prop)
    assert prop["title"]
    assert prop["description"].endswith(".")
    assert whole.get("examples") or "```yaml\n" in whole["markdownDescription"]


@pytest.mark.parametrize(("name", "prop"), PROPERTIES)
def test_defaults_and_examples_of_a_property_are_valid(name, prop):
    whole = seen_through(name, prop)
    for value in [*whole.get("examples", ()), *([whole["default"]] if "default" in whole else ())]:
        alone(name, prop).validate(value)


@pytest.mark.parametrize(("name", "prop"), PROPERTIES)
def test_an_example_in_markdown_repeats_the_description_and_is_valid(name, prop):
    if "markdownDescription" not in prop:
        return
    description, _, example = prop["markdownDescription"].partition("\n\n```yaml\n")
    assert description == prop["description"]
    (value,) = yaml.safe_load(example.removesuffix("\n```")).values()
    alone(name, prop).validate(value)


@pytest.mark.parametrize("name", NAMES)
def test_every_word_of_an_enum_that_has_descriptions_has_one(name):
    for pointer, sub in subschemas(SCHEMAS[name]):
        if "enumDescriptions" in sub:
            assert len(sub["enumDescriptions"]) == len(sub["enum"]), pointer


@pytest.mark.parametrize("name", NAMES)
def test_only_scalars_and_lists_of_them_are_offered_as_examples_of_a_value(name):
    # yaml-language-server offers any other as "[object Object]".
    for pointer, prop in properties(name):
        for example in seen_through(name, prop).get("examples", ()):
            assert not any(
                isinstance(part, dict)
                for part in (example if isinstance(example, list) else [example])
            ), pointer


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_a_schema_are_valid(name):
    assert SCHEMAS[name]["examples"]
    for example in SCHEMAS[name]["examples"]:
        assert troubles(name, example) == []
        assert troubles("bundle", example) == []


# -- documents ------------------------------------------------------------------------------


def troubles(name, document):
    """Return the place and keyword of each error; jsonschema and jsonschema-rs must agree."""
    slow = [
        ("/".join(map(str, ["", *error.absolute_path])), str(error.absolute_schema_path[-1]))
        for error in SLOW[name].iter_errors(document)
    ]
    fast = [
        ("/".join(map(str, ["", *error.instance_path])), str(error.schema_path[-1]))
        for error in FAST[name].iter_errors(document)
    ]
    assert sorted(slow) == sorted(fast)
    return slow


A, B = "alice@acme.example", "bob@acme.example"
SYNC = "bidirectional_calendar_sync"
STATES = ["enabled", "disabled", "on", "off", "true", "false", "yes", "no"]
STATES += ["Enabled", "DISABLED", "On", "oFF", "TRUE", "False", "YES", "nO", True, False]
NO_STATES = [None, "", "enable", "enabled ", " on", "on\n", "ENABLED\x85", "y", "n", "0", "1"]
NO_STATES += ["enabled\n", "Enabled\n", 0, 1, 1.0, [], ["on"]]
NO_STATES += ["o\ufb00", "n\u043e", "\u212a"]  # a ligature, Cyrillic, the Kelvin sign
BOOLEANS = [word for word in STATES if str(word).lower() not in {"enabled", "disabled"}]
NO_BOOLEANS = [*NO_STATES, "enabled", "Disabled"]
IDS = ["a", "a b", "7", "a@b@c", "ä", "\u2028", "\xa0a\xa0", "\u3000", ".", "~", "null", "a/b~c"]
IDS += ["x" * 254, ASTRAL * 254, "e\u0301"]
NO_IDS = [
    "",
    " ",
    " a",
    "a ",
    "a\n",
    "\na",
    "a\nb",
    "a\tb",
    "a\r",
    "a\x00",
    "\x7f",
    "a\x85",
    "\x9f",
]
NO_IDS += ["x" * 255, ASTRAL * 255, "x" * 254 + "\n", "x" * 254 + " "]
NO_TEXTS = [None, 7, 1.5, True, [], ["a"], {}, {"a": "b"}]
USER_IDS = ["a@b", "a b@c d", "a @ b", "é@ü", "x" * 252 + "@y", "a@" + ASTRAL * 252]
NO_USER_IDS = ["a", "@", "@b", "a@", "a@b@c", "@a@b", "a@@b", " a@b", "a@b ", "a@b\n", "a@\n"]
NO_USER_IDS += ["a@b\x85", "a\n@b", "x" * 253 + "@y", "a@" + ASTRAL * 253]
NO_USER_IDS += ["x" * 2_000_000, "@" * 2_000_000]
SOURCES = [
    "account:a",
    "group:a b",
    "user:a@b",
    f"catalogue:{SYNC}",
    "group:a:b",
    "user:" + "x" * 254,
]
NO_SOURCES = [
    "",
    "group",
    "group:",
    "group: a",
    "role:a",
    "Group:a",
    "group:a\n",
    "user:" + "x" * 255,
]
AMOUNTS = [0, 1, 10**9, "0%", "5%", "99.5%", "100%", "100.0%", "0.1%", "10.0%"]
NO_AMOUNTS = [None, -1, 0.5, True, "5", "101%", "100.1%", "05%", "5.55%", "5 %", "-1%", "5%\n"]
NO_AMOUNTS += [".5%", "5.%", "\u0665%", [], {}]
REASONS = ["account_lock", "primary_group_lock", "group_lock", "group_lock_conflict"]
REASONS += ["user_choice", "primary_group", "group", "account", "default"]
SYNC_REASONS = ["toggle_disabled", "required_toggle_disabled", "no_calendar"]
SYNC_REASONS += ["unsupported_calendar", "active"]


def document(kind, **keys):
    wanted = {
        "account": {"id": "acme"},
        "group": {"id": "legal"},
        "user": {"id": A},
        "users": {"users": []},
        "directory": {"source": "people.csv"},
        "catalogue": {"toggles": {}},
        "roles": {"owners": []},
        "expectations": {"expectations": []},
        "guardrails": {"guardrails": []},
    }
    return {"kind": kind, **wanted[kind], **keys}


def entry(**keys):
    return document("users", users=[{"id": B}, {"id": A, **keys}])


def toggle(**keys):
    return document("catalogue", toggles={SYNC: keys})


def portal(**keys):
    return toggle(portal=keys)


def role(**keys):
    return document("roles", roles=[{"name": "Help desk", **keys}])


def expectation(**keys):
    return document("expectations", expectations=[{"user": A, "state": "on", **keys}])


def guardrail(**keys):
    return document("guardrails", guardrails=[{"who": "all", "must_be": "on", **keys}])


def setting(**keys):
    return document("group", toggles={SYNC: keys})


PLACES = {
    # what is valid and what is not, and every place where it is asked: where, and how to get there
    "state": (
        STATES,
        NO_STATES,
        {
            f"/toggles/{SYNC}": lambda v: document("account", toggles={SYNC: v}),
            "/toggles/custom": lambda v: document("group", toggles={"custom": v}),
            f"/toggles/{SYNC}/state": lambda v: setting(state=v),
            "/toggles/x": lambda v: document("user", toggles={"x": v}),
            "/toggles/x/state": lambda v: document("user", toggles={"x": {"state": v}}),
            "/users/1/toggles/x": lambda v: entry(toggles={"x": v}),
            f"/toggles/{SYNC}/default": lambda v: toggle(default=v),
            "/toggles/new/default": lambda v: document(
                "catalogue", toggles={"new": {"default": v}}
            ),
            "/expectations/0/state": lambda v: expectation(state=v),
            "/guardrails/0/must_be": lambda v: guardrail(must_be=v),
        },
    ),
    "boolean": (
        BOOLEANS,
        NO_BOOLEANS,
        {
            f"/toggles/{SYNC}/locked": lambda v: setting(state="on", locked=v),
            "/expectations/0/locked": lambda v: expectation(locked=v),
            "/guardrails/0/locked": lambda v: guardrail(locked=v),
            "/guardrails/0/whatever_users_choose": lambda v: guardrail(whatever_users_choose=v),
        },
    ),
    "id": (
        IDS,
        NO_IDS + NO_TEXTS,
        {
            "/id": lambda v: document("account", id=v),
            "/account": lambda v: document("group", account=v),
            "/users/1/account": lambda v: entry(account=v),
            "/groups/1": lambda v: document("user", groups=["first", v]),
            "/primary_group": lambda v: document("user", primary_group=v),
            f"/toggles/{SYNC}/requires/0": lambda v: toggle(requires=[v]),
            "/expectations/0/toggle": lambda v: expectation(toggle=v),
            "/guardrails/0/toggle": lambda v: guardrail(toggle=v),
            "/guardrails/0/who/groups/0": lambda v: guardrail(who={"groups": [v]}),
            "/guardrails/0/who/accounts/0": lambda v: guardrail(who={"accounts": [v]}),
        },
    ),
    "key": (
        IDS,
        NO_IDS,
        {
            "/toggles": lambda v: document("account", toggles={v: "on"}),
            "/users/1/toggles": lambda v: entry(toggles={v: "on"}),
            "/toggles ": lambda v: document("catalogue", toggles={v: {"default": "on"}}),
        },
    ),
    "user id": (
        USER_IDS,
        NO_USER_IDS + NO_TEXTS,
        {
            "/id": lambda v: document("user", id=v),
            "/users/0/id": lambda v: document("users", users=[{"id": v}]),
            "/admins/0": lambda v: document("group", admins=[v]),
            "/owners/0": lambda v: document("roles", owners=[v]),
            "/roles/0/members/0": lambda v: role(members=[v]),
            "/expectations/0/user": lambda v: expectation(user=v),
            "/guardrails/0/who/users/0": lambda v: guardrail(who={"users": [v]}),
        },
    ),
    "text": (
        ["", " ", "free text\nin lines", "x" * 10_000],
        NO_TEXTS,
        {
            **{
                f"/{key} of {kind}": lambda v, kind=kind, key=key: document(kind, **{key: v})
                for kind in KINDS
                for key in ("name", "note")
            },
            "/users/1/name": lambda v: entry(name=v),
            "/users/1/note": lambda v: entry(note=v),
            f"/toggles/{SYNC}/note": lambda v: setting(state="on", note=v),
            "/toggles/x/note": lambda v: document(
                "user", toggles={"x": {"state": "on", "note": v}}
            ),
            f"/toggles/{SYNC}/title": lambda v: toggle(title=v),
            f"/toggles/{SYNC}/note ": lambda v: toggle(note=v),
            f"/toggles/{SYNC}/portal/label": lambda v: portal(label=v),
            f"/toggles/{SYNC}/portal/group/1": lambda v: portal(group=["Groups", v]),
            "/roles/0/note": lambda v: role(note=v),
            "/expectations/0/name": lambda v: expectation(name=v),
            "/expectations/0/note": lambda v: expectation(note=v),
            "/guardrails/0/name": lambda v: guardrail(name=v),
            "/guardrails/0/note": lambda v: guardrail(note=v),
        },
    ),
    "text that is not empty": (
        ["x", " "],
        ["", *NO_TEXTS],
        {
            "/source": lambda v: document("directory", source=v),
            "/roles/0/name": lambda v: role(name=v),
        },
    ),
    "true or false": (
        [True, False],
        [None, "true", "on", "yes", 1, 0, []],
        {
            "/expectations/0/sync": lambda v: expectation(sync=v),
            "/guardrails/0/must_sync": lambda v: guardrail(must_sync=v),
        },
    ),
    "amount": (
        AMOUNTS,
        NO_AMOUNTS,
        {
            "/guardrails/0/at_most": lambda v: guardrail(at_most=v),
            "/guardrails/0/at_least": lambda v: guardrail(at_least=v),
        },
    ),
    "source": (
        SOURCES,
        NO_SOURCES + NO_TEXTS,
        {"/expectations/0/source": lambda v: expectation(source=v)},
    ),
    "calendars": (
        [["google"], ["office365", "exchange", "exchange_on_premises", "google"]],
        [None, "google", {"google": True}, ["google", "google"]],
        {
            "/calendars": lambda v: document("user", calendars=v),
            "/users/1/calendars": lambda v: entry(calendars=v),
            f"/toggles/{SYNC}/supported_calendars": lambda v: toggle(supported_calendars=v),
        },
    ),
    "calendar": (
        ["google"],
        [None, "Google", "icloud", "", 7, ["google"]],
        {
            "/calendars/0": lambda v: document("user", calendars=[v]),
            f"/toggles/{SYNC}/supported_calendars/0": lambda v: toggle(supported_calendars=[v]),
        },
    ),
    "list of ids": (
        [[], [A], [A, B]],
        [None, A, {A: B}, [A, A], [A, B, A]],
        {
            "/groups": lambda v: document("user", groups=v),
            "/users/1/groups": lambda v: entry(groups=v),
            "/admins": lambda v: document("group", admins=v),
            f"/toggles/{SYNC}/requires": lambda v: toggle(requires=v),
            "/owners": lambda v: document("roles", owners=v),
            "/roles/0/members": lambda v: role(members=v),
            "/guardrails/0/who/users": lambda v: guardrail(who={"users": v}),
            "/guardrails/0/who/groups": lambda v: guardrail(who={"groups": v}),
            "/guardrails/0/who/accounts": lambda v: guardrail(who={"accounts": v}),
        },
    ),
    "portal path": (
        [["Settings"], ["More", "More"]],
        [None, [], "Settings", {}],
        {
            f"/toggles/{SYNC}/portal/account": lambda v: portal(account=v),
            f"/toggles/{SYNC}/portal/group": lambda v: portal(group=v),
            f"/toggles/{SYNC}/portal/user": lambda v: portal(user=v),
        },
    ),
    "resolution": (
        ["primary_group", "group_priority"],
        [None, "", "priority", "Primary_group", True],
        {"/group_resolution": lambda v: document("account", group_resolution=v)},
    ),
    "priority": (
        [1, 2, 10**18],
        [None, 0, -1, 1.5, "1", True, []],
        {"/priority": lambda v: document("group", priority=v)},
    ),
    "privilege": (
        ["AccountSetting:Edit", "Group:Edit", "User:Edit", "Role:Edit"],
        [None, "Group:edit", "Group:View", "Group"],
        {"/roles/0/privileges/0": lambda v: role(privileges=[v])},
    ),
    "reason": (
        REASONS,
        [None, "lock", "group-lock", "catalogue", True],
        {"/expectations/0/reason": lambda v: expectation(reason=v)},
    ),
    "sync reason": (
        SYNC_REASONS,
        [None, "enabled", "Active", True],
        {"/expectations/0/sync_reason": lambda v: expectation(sync_reason=v)},
    ),
    "who": (
        ["all", {"users": []}, {"users": [A], "groups": ["g"], "accounts": ["a"]}],
        [None, "", "All", "everyone", A, 7, ["all"], {}],
        {"/guardrails/0/who": lambda v: guardrail(who=v)},
    ),
    "mapping": (
        [{}],
        [None, "on", 7, [], True],
        {
            "/toggles": lambda v: document("account", toggles=v),
            "/toggles ": lambda v: document("user", toggles=v),
            "/toggles  ": lambda v: document("catalogue", toggles=v),
            f"/toggles/{SYNC}": lambda v: document("catalogue", toggles={SYNC: v}),
            "/toggles/calendar_and_contacts_integration": lambda v: document(
                "catalogue", toggles={"calendar_and_contacts_integration": v}
            ),
            f"/toggles/{SYNC}/portal": lambda v: toggle(portal=v),
        },
    ),
    "list": (
        [[]],
        [None, "a", 7, {}, True],
        {
            "/users": lambda v: document("users", users=v),
            "/roles": lambda v: document("roles", roles=v),
            "/expectations": lambda v: document("expectations", expectations=v),
            "/guardrails": lambda v: document("guardrails", guardrails=v),
            "/roles/0/privileges": lambda v: role(privileges=v),
        },
    ),
    "entry": (
        [],
        [None, "a", 7, []],
        {
            "/users/0": lambda v: document("users", users=[v]),
            "/roles/0": lambda v: document("roles", roles=[v]),
            "/expectations/0": lambda v: document("expectations", expectations=[v]),
            "/guardrails/0": lambda v: document("guardrails", guardrails=[v]),
            "/toggles/new": lambda v: document("catalogue", toggles={"new": v}),
        },
    ),
}


def cases(which):
    """Yield every value of one column of `PLACES` at every place where it is asked."""
    for topic, (*columns, places) in PLACES.items():
        for value in columns[which]:
            for where, place in places.items():
                name = f"{topic} {str(value)[:20]!r} at {where}"
                # What follows a space in a place only tells two places of one path apart.
                yield pytest.param(where.partition(" ")[0], place(value), id=name)


@pytest.mark.parametrize(("_where", "whole"), list(cases(0)))
def test_a_good_value_is_accepted(_where, whole):
    assert troubles(whole["kind"], whole) == []
    assert troubles("bundle", whole) == []


@pytest.mark.parametrize(("where", "whole"), list(cases(1)))
def test_a_bad_value_is_one_error_at_its_own_place(where, whole):
    assert [path for path, _ in troubles(whole["kind"], whole)] == [where]
    assert [path for path, _ in troubles("bundle", whole)] == [where]


UNKNOWN = {
    **{kind: (document(kind, extra=1), "") for kind in KINDS},
    "a lock at user scope": (
        document("user", toggles={"x": {"state": "on", "locked": True}}),
        "/toggles/x",
    ),
    "a lock in a list of users": (
        entry(toggles={"x": {"state": "on", "locked": False}}),
        "/users/1/toggles/x",
    ),
    "a kind in a list of users": (entry(kind="user"), "/users/1"),
    "a misspelt lock": (setting(state="on", lockd=True), f"/toggles/{SYNC}"),
    "a name of a catalogue entry": (toggle(name="x"), f"/toggles/{SYNC}"),
    "a new toggle's": (
        document("catalogue", toggles={"new": {"default": "on", "x": 1}}),
        "/toggles/new",
    ),
    "a scope of a portal": (portal(catalogue=["x"]), f"/toggles/{SYNC}/portal"),
    "a role's": (role(owners=[]), "/roles/0"),
    "an expectation's": (expectation(must_be="on"), "/expectations/0"),
    "a guardrail's": (guardrail(state="on"), "/guardrails/0"),
    "who's": (guardrail(who={"groups": [], "roles": []}), "/guardrails/0/who"),
    "toggles of a directory": (document("directory", toggles={}), ""),
    "users of an account": (document("account", users=[]), ""),
}


@pytest.mark.parametrize(("whole", "where"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_key_is_one_error_at_its_mapping(whole, where):
    assert troubles(whole["kind"], whole) == [(where, "additionalProperties")]
    assert troubles("bundle", whole) == [(where, "additionalProperties")]


MISSING = {
    "id of an account": ({"kind": "account"}, "", "required"),
    "id of a group": ({"kind": "group", "account": "acme"}, "", "required"),
    "id of a user": ({"kind": "user"}, "", "required"),
    "users": ({"kind": "users"}, "", "required"),
    "id of a user in a list": (document("users", users=[{}]), "/users/0", "required"),
    "source": ({"kind": "directory"}, "", "required"),
    "toggles of a catalogue": ({"kind": "catalogue"}, "", "required"),
    "default of a new toggle": (
        document("catalogue", toggles={"new": {"title": "New"}}),
        "/toggles/new",
        "required",
    ),
    "owners and roles": ({"kind": "roles", "name": "nobody"}, "", "anyOf"),
    "expectations": ({"kind": "expectations"}, "", "required"),
    "user of an expectation": (
        document("expectations", expectations=[{"state": "on"}]),
        "/expectations/0",
        "required",
    ),
    "what is expected": (
        document("expectations", expectations=[{"user": A, "toggle": SYNC}]),
        "/expectations/0",
        "anyOf",
    ),
    "guardrails": ({"kind": "guardrails"}, "", "required"),
    "who": (document("guardrails", guardrails=[{"must_be": "on"}]), "/guardrails/0", "required"),
    "must_be": (
        document("guardrails", guardrails=[{"who": "all", "must_sync": True}]),
        "/guardrails/0",
        "required",
    ),
    "whom": (guardrail(who={}), "/guardrails/0/who", "anyOf"),
    "state with a lock": (setting(locked=True), f"/toggles/{SYNC}", "required"),
    "state in a mapping": (setting(), f"/toggles/{SYNC}", "required"),
    "state of a user": (document("user", toggles={"x": {"note": "n"}}), "/toggles/x", "required"),
}


@pytest.mark.parametrize(("whole", "where", "keyword"), MISSING.values(), ids=MISSING)
def test_a_missing_key_is_one_error_at_its_mapping(whole, where, keyword):
    assert troubles(whole["kind"], whole) == [(where, keyword)]
    assert troubles("bundle", whole) == [(where, keyword)]


@pytest.mark.parametrize("key", ["state", "locked", "reason", "source", "sync", "sync_reason"])
def test_an_expectation_of_one_thing_is_enough(key):
    value = {"reason": "user_choice", "source": f"user:{A}", "sync_reason": "active"}.get(key, True)
    whole = document("expectations", expectations=[{"user": A, key: value}])
    assert troubles("expectations", whole) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_of_another_kind_is_one_error_at_its_kind(kind):
    found = troubles(kind, {**document(kind), "kind": "other"})
    assert found == [("/kind", "const")]


def test_several_mistakes_are_all_reported_each_at_its_own_place():
    whole = {
        "kind": "group",
        "id": 7,
        "priority": 0,
        "toggles": {SYNC: "enabld", "b": {"state": "of", "lockd": True}, "c": {"locked": "maybe"}},
    }
    assert sorted(troubles("bundle", whole)) == [
        ("/id", "type"),
        ("/priority", "minimum"),
        ("/toggles/b", "additionalProperties"),
        ("/toggles/b/state", "anyOf"),
        (f"/toggles/{SYNC}", "anyOf"),
        ("/toggles/c", "required"),
        ("/toggles/c/locked", "anyOf"),
    ]
