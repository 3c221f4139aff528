"""`explain`: every spelling of a TARGET, and JSON as SPEC §4 says it for R4, R5 and R10."""

from __future__ import annotations

import pytest

TOGGLE = "bidirectional_calendar_sync"
ROW = ["account", "user", "toggle", "state", "locked", "reason", "source_scope", "source_id"]
ROW += ["sync", "sync_reason"]
TIER = ["reason", "scope", "id", "state", "locked", "applies", "why", "text", "note", "location"]


def setting(state, *, locked=False, note=None):
    said = f", note: {note}" if note else ""
    return f"toggles: {{{TOGGLE}: {{state: {state}, locked: {str(locked).lower()}{said}}}}}\n"


NORTH = {
    "policies/north.yaml": "kind: account\nid: north\n",
    "policies/groups.yaml": "---\n".join(
        [
            "kind: group\nid: legal\naccount: north\nadmins: [gina@x]\n"
            + setting("off", locked=True, note="hold"),
            "kind: group\nid: sales\naccount: north\n" + setting("on", locked=True),
            "kind: group\nid: ops\naccount: north\n" + setting("off"),
            "kind: group\nid: quiet\naccount: north\n",
        ]
    ),
    "policies/people.yaml": f"""kind: users
account: north
users:
  - {{id: ann@x, groups: [ops, quiet, legal], calendars: [google], toggles: {{{TOGGLE}: on}}}}
  - {{id: bob@x, groups: [ops, sales, quiet, legal]}}
  - {{id: cy@x}}
  - {{id: dee@x, groups: [ops], calendars: [exchange, google]}}
""",
}
SOUTH = {
    "policies/south.yaml": "kind: account\nid: south\ngroup_resolution: group_priority\n"
    + setting("on"),
    "policies/southern.yaml": "---\n".join(
        [
            "kind: group\nid: legal\naccount: south\npriority: 3\n" + setting("off", locked=True),
            "kind: group\nid: ops\naccount: south\npriority: 2\n" + setting("on"),
            "kind: group\nid: quiet\naccount: south\npriority: 1\n",
            "kind: user\nid: sue@x\naccount: south\ngroups: [legal, ops, quiet]\n",
        ]
    ),
}


def tiers(answer):
    """Return the columns of the tiers that follow from the law."""
    return [
        (t["reason"], t["scope"], t["id"], t["state"], t["locked"], t["applies"], t["why"])
        for t in answer.json["tiers"]
    ]


@pytest.fixture
def both(place):
    # A conflict leaves a set fit to be asked: only `validate` calls it an error.
    return place.write({**NORTH, **SOUTH})


@pytest.mark.parametrize(
    ("words", "account", "user"),
    [
        (["ann@x"], "north", "ann@x"),
        (["user:ann@x"], "north", "ann@x"),
        (["ann@x", "--in", "north"], "north", "ann@x"),
        (["group:legal", "--in", "north"], "north", None),
        (["group:legal", "--in", "south"], "south", None),
        (["group:sales"], "north", None),
        (["account:south"], "south", None),
        (["account", "--in", "south"], "south", None),
    ],
)
def test_every_spelling_of_a_target_is_understood(both, words, account, user):
    answer = both.calsync("explain", *words, "--format", "json")
    assert (answer.code, answer.err) == (0, "")
    assert (answer.json["account"], answer.json["user"]) == (account, user)
    assert list(answer.json)[:11] == ["format_version", *ROW]
    assert set(answer.json) == {"format_version", *ROW, "tiers", "change", "targets", "location"}
    assert all(list(tier) == TIER for tier in answer.json["tiers"])
    assert both.calsync("explain", *words).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["group:legal"], "several accounts have a group `legal`"),
        (["account"], "there are several accounts"),
        (["nobody@x"], "unknown user `nobody@x`"),
        (["user:nobody@x"], "unknown user `nobody@x`"),
        (["legal"], "unknown user `legal`"),
        (["south"], "unknown user `south`"),
        (["group:nothing"], "unknown group `nothing`"),
        (["account:nowhere"], "unknown account `nowhere`"),
        (["ann@x", "--in", "nowhere"], "unknown account `nowhere`"),
        (["ann@x", "--in", "south"], "the user `ann@x` is in the account `north`, not `south`"),
        (["group:sales", "--in", "south"], "unknown group `sales` in the account `south`"),
        (["account:north", "--in", "south"], "`account:north` is not the account `south`"),
        (["ann@x", "--toggle", "nothing"], "unknown toggle `nothing`"),
        (["group:"], "unknown user `group:`"),
        ([""], "unknown user ``"),
        (["a\nb\x1b[2J@x"], "unknown user `a\\nb\\x1b[2J@x`"),
    ],
)
def test_a_target_that_is_not_there_is_exit_2(both, words, said):
    answer = both.calsync("explain", *words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.splitlines()[0] == f"error: {said}"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["ann"], "did you mean `ann@x`?"),
        (["user:ann"], "did you mean `ann@x`?"),
        (["an@x"], "did you mean `ann@x`?"),
        (["legal"], "did you mean `group:legal`?"),
        (["south"], "did you mean `account:south`?"),
        (["group:leagl"], "did you mean `legal`?"),
        (["ann@x", "--toggle", "nothing"], "known: `bidirectional_calendar_sync`, "),
    ],
)
def test_what_was_meant_is_guessed_from_what_is_there(both, words, hint):
    assert both.calsync("explain", *words).err.splitlines()[1].startswith(f"  hint: {hint}")


def test_a_history_guesses_as_an_explanation_does(both):
    commit = "git init -q . && git add -A && git -c user.name=a -c user.email=a@b commit -qm a"
    both.process(commit)
    told = both.calsync("history", "ann").err
    assert told == "error: there never was a user `ann`\n  hint: did you mean `ann@x`?\n"


def test_r4_asks_each_row_once_and_other_groups_by_id(both):
    answer = both.calsync("explain", "ann@x", "--format", "json")
    assert tiers(answer) == [
        ("account_lock", "account", "north", None, None, False, "not_declared"),
        ("primary_group_lock", "group", "ops", "disabled", False, False, "not_locked"),
        ("group_lock", "group", "legal", "disabled", True, True, "decides"),
        ("group_lock", "group", "quiet", None, None, False, "not_declared"),
        ("user_choice", "user", "ann@x", "enabled", False, True, "outranked"),
        ("primary_group", "group", "ops", "disabled", False, True, "outranked"),
        ("account", "account", "north", None, None, False, "not_declared"),
        ("default", "catalogue", TOGGLE, "enabled", False, True, "outranked"),
    ]
    place = {"file": "policies/groups.yaml", "line": 5, "column": 11}
    assert answer.json["location"] == place == answer.json["tiers"][2]["location"]
    assert [tier["note"] for tier in answer.json["tiers"]][2] == "hold"
    assert answer.json["tiers"][-1]["location"] is None
    assert answer.json["targets"] == []
    change = answer.json["change"]
    assert change["allowed"] is False
    assert "gina@x" in change["message"]
    assert change["portal"][:3] == ["User Management", "Groups", "legal"]


def test_r4_asks_the_conflict_in_place_of_the_agreement(both):
    answer = both.calsync("explain", "bob@x", "--format", "json")
    assert answer.json["reason"] == "group_lock_conflict"
    assert tiers(answer)[2:5] == [
        ("group_lock_conflict", "group", "legal", "disabled", True, True, "decides"),
        ("group_lock_conflict", "group", "quiet", None, None, False, "not_declared"),
        ("group_lock_conflict", "group", "sales", "enabled", True, True, "outranked"),
    ]


def test_without_groups_no_group_is_asked(both):
    answer = both.calsync("explain", "cy@x", "--format", "json")
    assert [tier[0] for tier in tiers(answer)] == [
        "account_lock",
        "user_choice",
        "account",
        "default",
    ]
    assert answer.json["location"] is None  # the catalogue decides
    assert answer.json["targets"] == ["web_portal", "client"]
    assert answer.json["change"]["allowed"] is True


def test_r5_asks_groups_by_priority_and_says_which_had_a_lower_one(both):
    answer = both.calsync("explain", "sue@x", "--format", "json")
    assert tiers(answer) == [
        ("account_lock", "account", "south", "enabled", False, False, "not_locked"),
        ("group_lock", "group", "quiet", None, None, False, "not_declared"),
        ("group_lock", "group", "ops", "enabled", False, False, "not_locked"),
        ("group_lock", "group", "legal", "disabled", True, False, "lower_priority"),
        ("user_choice", "user", "sue@x", None, None, False, "not_declared"),
        ("group", "group", "quiet", None, None, False, "not_declared"),
        ("group", "group", "ops", "enabled", False, True, "decides"),
        ("group", "group", "legal", "disabled", True, False, "lower_priority"),
        ("account", "account", "south", "enabled", False, True, "outranked"),
        ("default", "catalogue", TOGGLE, "enabled", False, True, "outranked"),
    ]


def test_r10_asks_a_group_itself_the_account_and_the_catalogue(both):
    answer = both.calsync("explain", "group:legal", "--in", "north", "--format", "json")
    assert tiers(answer) == [
        ("account_lock", "account", "north", None, None, False, "not_declared"),
        ("group", "group", "legal", "disabled", True, True, "decides"),
        ("account", "account", "north", None, None, False, "not_declared"),
        ("default", "catalogue", TOGGLE, "enabled", False, True, "outranked"),
    ]
    said = answer.json
    assert (said["user"], said["sync"], said["sync_reason"], said["targets"]) == (None,) * 4
    assert said["change"]["allowed"] is True


def test_r10_asks_an_account_itself_and_the_catalogue(both):
    answer = both.calsync("explain", "account:south", "--format", "json")
    assert tiers(answer) == [
        ("account_lock", "account", "south", "enabled", False, False, "not_locked"),
        ("account", "account", "south", "enabled", False, True, "decides"),
        ("default", "catalogue", TOGGLE, "enabled", False, True, "outranked"),
    ]


def test_a_toggle_that_is_no_sync_toggle_has_no_sync_and_no_targets(both):
    words = ["explain", "ann@x", "--toggle", "calendar_and_contacts_integration"]
    said = both.calsync(*words, "--format", "json").json
    assert (said["sync"], said["sync_reason"], said["targets"]) == (None, None, None)
    assert both.calsync(*words).out.startswith("Calendar and contacts integration is on for ann@x")


def test_targets_stand_in_the_order_of_the_catalogue(both):
    both.write({"policies/choice.yaml": ""})
    said = both.calsync("explain", "dee@x", "--format", "json").json
    assert (said["state"], said["targets"]) == ("disabled", [])
    groups = NORTH["policies/groups.yaml"].replace(
        "id: ops\naccount: north\n" + setting("off"), "id: ops\naccount: north\n"
    )
    both.write({"policies/groups.yaml": groups})
    said = both.calsync("explain", "dee@x", "--format", "json").json
    assert said["targets"] == ["web_portal", "client", "google", "exchange"]


def test_the_first_line_says_what_is_in_effect(both):
    assert both.calsync("explain", "ann@x").out.splitlines()[0] == (
        "Bi-directional calendar sync is off for ann@x, and locked."
    )


def test_a_conflict_is_explained_and_not_refused(both):
    answer = both.calsync("explain", "bob@x")
    assert answer.code == 0
    assert "conflict" in answer.out


def one_line(answer):
    """Return a text without its folds."""
    return " ".join(answer.out.split())


def test_a_conflict_names_the_lock_that_disagrees_and_why_off_counts(both):
    text = one_line(both.calsync("explain", "bob@x"))
    assert "Why: the group legal locks it off (hold)." in text
    assert (
        "Clash: the group sales locks it on. Where locks disagree, off counts until one of them"
        " goes; `calsync validate` reports it as an error." in text
    )
    assert "the group sales locks it on; where locks disagree, off counts" in text


def test_no_clash_is_spoken_of_where_locks_agree(both):
    assert "Clash" not in both.calsync("explain", "ann@x").out


def test_events_are_told_in_the_words_of_people(both):
    user = "kind: user\nid: eve@x\naccount: north\ncalendars: [exchange, google]\n"
    both.write({"policies/eve.yaml": user})
    text = one_line(both.calsync("explain", "eve@x"))
    assert "Events: flow between the web portal, the client, Google Calendar and Exchange." in text
    text = one_line(both.calsync("explain", "cy@x"))
    assert "flow between the web portal and the client; their calendars are not tracked." in text


@pytest.mark.parametrize(
    ("calendars", "said"),
    [
        ("[]", "none: they have no calendar connected."),
        (
            "[exchange_on_premises]",
            "none: none of their calendars is supported (Exchange on premises).",
        ),
    ],
)
def test_where_a_calendar_is_what_lacks_the_thing_to_do_is_to_connect_one(both, calendars, said):
    user = f"kind: user\nid: eve@x\naccount: north\ncalendars: {calendars}\n"
    both.write({"policies/eve.yaml": user})
    text = one_line(both.calsync("explain", "eve@x"))
    assert f"Events: {said}" in text
    assert (
        "To do: Connect a calendar that is supported: Google Calendar, Office 365 or Exchange."
        " They can change the switch themselves." in text
    )


def test_where_a_required_toggle_is_off_it_is_named_and_how_to_ask_about_it(both):
    user = "kind: user\nid: eve@x\naccount: north\n"
    both.write({"policies/eve.yaml": user + "toggles: {calendar_and_contacts_integration: off}\n"})
    text = one_line(both.calsync("explain", "eve@x"))
    assert (
        "Events: none: it needs Calendar and contacts integration, which is off for them." in text
    )
    assert (
        "To do: Turn on Calendar and contacts integration: `calsync explain eve@x --toggle"
        " calendar_and_contacts_integration` says where." in text
    )
