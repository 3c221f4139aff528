"""One setting changed in the text: shape by shape, byte by byte."""

import pytest

from engine.edit.place import Place
from engine.edit.rewrite import with_setting
from engine.errors import RefusedError
from engine.model import Setting, State

ON, OFF = Setting(State.ENABLED), Setting(State.DISABLED)
LOCKED_ON, LOCKED_OFF = (Setting(state, locked=True) for state in State)


def edit(text, goal, *, base=(), number=0, toggle="sync"):
    place = Place(path="f.yaml", file="f.yaml", number=number, base=base, toggle=toggle)
    return with_setting(text.encode(), place, goal).decode()


def group(toggles="", *, head="kind: group\nid: g\n"):
    return head + toggles


USERS = "kind: users\nusers:\n"


@pytest.mark.parametrize(
    ("before", "goal", "after"),
    [
        ("toggles: {sync: on}\n", OFF, "toggles: {sync: off}\n"),
        ("toggles: {sync: 'On'}\n", OFF, "toggles: {sync: 'Off'}\n"),
        ('toggles: {"sync":"YES"}\n', OFF, 'toggles: {"sync":"NO"}\n'),
        ("toggles:\n  sync: True  # why\n", OFF, "toggles:\n  sync: False  # why\n"),
        ("toggles: {sync: {state: enabled}}\n", OFF, "toggles: {sync: {state: disabled}}\n"),
        (
            "toggles:\n  sync:\n    locked: yes\n    state: off\n",
            LOCKED_ON,
            "toggles:\n  sync:\n    locked: yes\n    state: on\n",
        ),
        ("toggles:\n  sync: |-  # off\n    off\n\n", ON, "toggles:\n  sync: |-  # off\n    on\n\n"),
        ("toggles: {sync: &unused off}\n", ON, "toggles: {sync: &unused on}\n"),
        ("? toggles\n: ? sync\n  : off\n", ON, "? toggles\n: ? sync\n  : on\n"),
    ],
)
def test_a_state_is_flipped_in_its_own_spelling(before, goal, after):
    assert edit(group(before), goal) == group(after)
    back = goal._replace(state=State.ENABLED if goal.state is State.DISABLED else State.DISABLED)
    assert edit(group(after), back) == group(before)


@pytest.mark.parametrize(
    ("before", "goal", "after"),
    [
        ("toggles: {sync: off}\n", LOCKED_OFF, "toggles: {sync: {state: off, locked: true}}\n"),
        ("toggles: {sync: 'No'}\n", LOCKED_ON, "toggles: {sync: {state: 'Yes', locked: true}}\n"),
        (
            "toggles:\n  sync: off # why\n",
            LOCKED_OFF,
            "toggles:\n  sync: {state: off, locked: true} # why\n",
        ),
        (
            "toggles: {sync: {state: off, note: why}}\n",
            LOCKED_OFF,
            "toggles: {sync: {state: off, locked: true, note: why}}\n",
        ),
        (
            "toggles:\n  sync:\n    note: y\n    state: no  # so\n  other: on\n",
            LOCKED_OFF,
            "toggles:\n  sync:\n    note: y\n    state: no  # so\n    locked: true\n  other: on\n",
        ),
        ("toggles: {sync: {state: off, locked: No}}", LOCKED_OFF, None),
        ("toggles: {sync: {state: off, locked: TRUE}}", OFF, None),
        ("toggles:\n  sync: |-\n    off\n", LOCKED_OFF, None),
        (
            "toggles:\n  sync: >-  # why\n    off\n\n",
            LOCKED_OFF,
            "toggles:\n  sync: {state: off, locked: true}  # why\n\n",
        ),
    ],
)
def test_a_lock_is_put_where_the_state_is(before, goal, after):
    expected = {
        "toggles: {sync: {state: off, locked: No}}": "toggles: {sync: {state: off, locked: Yes}}",
        "toggles: {sync: {state: off, locked: TRUE}}": (
            "toggles: {sync: {state: off, locked: FALSE}}"
        ),
        "toggles:\n  sync: |-\n    off\n": "toggles:\n  sync: {state: off, locked: true}\n",
    }
    assert edit(group(before), goal) == group(after or expected[before])


def test_unlocking_what_was_locked_gives_back_the_bytes_where_the_key_was_there():
    text = group("toggles: {sync: {state: off, locked: false}}\n")
    assert edit(edit(text, LOCKED_OFF), OFF) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("kind: group\nid: g\n", "kind: group\nid: g\ntoggles:\n  sync: enabled\n"),
        ("kind: group\nid: g", "kind: group\nid: g\ntoggles:\n  sync: enabled"),
        ("kind: group\r\nid: g\r\n", "kind: group\r\nid: g\r\ntoggles:\r\n  sync: enabled\r\n"),
        ("kind: group\rid: g\r", "kind: group\rid: g\rtoggles:\r  sync: enabled\r"),
        ("{kind: group, id: g}", "{kind: group, id: g, toggles: {sync: enabled}}"),
        (
            '{"kind":"group","id":"g"}\n',
            '{"kind":"group","id":"g", "toggles": {"sync": "enabled"}}\n',
        ),
        ("kind: group\nid: g\ntoggles: {}\n", "kind: group\nid: g\ntoggles: {sync: enabled}\n"),
        (
            "kind: group\nid: g # the id\n\n# the end\n",
            "kind: group\nid: g # the id\ntoggles:\n  sync: enabled\n\n# the end\n",
        ),
        (
            "kind: group\nid: g\nnote: |\n  why\n\n---\nkind: group\n",
            "kind: group\nid: g\nnote: |\n  why\ntoggles:\n  sync: enabled\n\n---\nkind: group\n",
        ),
        (
            "kind: group\nid: g\nnote: |+\n  why\n\n---\nkind: group\n",
            "kind: group\nid: g\nnote: |+\n  why\n\ntoggles:\n  sync: enabled\n---\nkind: group\n",
        ),
        (
            "\ufeffkind: group\nid: g\ntoggles:\n    other: Off\n",
            "\ufeffkind: group\nid: g\ntoggles:\n    other: Off\n    sync: On\n",
        ),
        (
            "kind: group\ntoggles:\n ? other\n : 'on'  # so\n",
            "kind: group\ntoggles:\n ? other\n : 'on'  # so\n sync: on\n",
        ),
        (
            "? kind\n: group\n?  id\n: g\n",
            "? kind\n: group\n?  id\n: g\ntoggles:\n  sync: enabled\n",
        ),
        (
            "kind: user\ntoggles:\n  o:\n    state: yes\n    note: |-\n     x\n\n",
            "kind: user\ntoggles:\n  o:\n    state: yes\n    note: |-\n     x\n  sync: yes\n\n",
        ),
    ],
)
def test_a_setting_that_was_not_there_is_put_last_and_taken_out_again(before, after):
    assert edit(before, ON) == after
    assert edit(after, None) in {before, before.replace("toggles: {}\n", "")}


def test_a_new_setting_in_a_list_of_users_touches_one_line_of_it():
    text = USERS + "- {id: a@b, groups: [g]}  # first\n- id: c@d\n  groups: [g]\n\n- {id: e@f}\n"
    assert edit(text, OFF, base=("users", 0)) == text.replace("[g]}", "[g], toggles: {sync: off}}")
    assert edit(text, OFF, base=("users", 1)) == text.replace(
        "[g]\n\n", "[g]\n  toggles:\n    sync: off\n\n"
    )


def test_a_user_whose_keys_are_explicit_gets_a_setting_below_them():
    text = USERS + "-  ? id\n   : a@b\n   ? groups\n   : - g\n"
    after = text + "   toggles:\n     sync: off\n"
    assert edit(text, OFF, base=("users", 0)) == after
    assert edit(after, None, base=("users", 0)) == text


def test_the_document_that_is_meant_is_the_one_that_changes():
    one = "kind: group\nid: g\ntoggles: {sync: on}\n"
    text = f"---\n# nothing\n---\n{one}...\n---\n{one.replace('g', 'h', 2)}"
    changed = edit(text, OFF, number=1)
    assert changed.count("sync: on") == 1
    assert changed.index("sync: on") < changed.index("sync: off")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("toggles:\n  # why\n  sync: on  # so\n\n# end\n", "  # why\n\n# end\n"),
        ("toggles:  # all\n  sync:\n    state: on\n    # inner\n    locked: true\n", ""),
        ("toggles:\n  a: on\n  sync: on\n  b: on\n", "toggles:\n  a: on\n  b: on\n"),
        ("toggles: {a: on, sync: on, b: on}\n", "toggles: {a: on, b: on}\n"),
        ("toggles: {sync: on, b: on}\n", "toggles: {b: on}\n"),
        ("toggles: {a: on, sync: on,}\n", "toggles: {a: on,}\n"),
        ("toggles:\n  ? a\n  : on\n  ? sync\n  : on\n", "toggles:\n  ? a\n  : on\n"),
        ("toggles:\n  ? sync\n  : {state: on}\n  ? b\n  : on\n", "toggles:\n  ? b\n  : on\n"),
        ("? toggles\n: ? sync\n  : on\n", ""),
        ("toggles: {a: on, ? sync : on}\n", "toggles: {a: on}\n"),
        (
            "toggles: {a: on, # first\n  sync: on, # mine\n  b: on}\n",
            "toggles: {a: on, # first\n  # mine\n  b: on}\n",
        ),
        ("toggles: {sync: on}\nname: G\n", "name: G\n"),
        ("toggles: {sync: on}", None),
    ],
)
def test_a_removed_setting_leaves_the_comments_around_it(before, after):
    whole = group(after) if after is not None else "kind: group\nid: g"
    assert edit(group(before), None) == whole


def test_what_shares_its_line_with_a_dash_makes_room_for_the_next_key():
    text = USERS + "- toggles:\n    sync: on\n  id: a@b\n"
    assert edit(text, None, base=("users", 0)) == USERS + "- id: a@b\n"


def test_toggles_that_cannot_go_stay_empty():
    text = USERS + "- toggles:\n    sync: on\n  # who\n  id: a@b\n"
    assert edit(text, None, base=("users", 0)) == text.replace("\n    sync: on", " {}").replace(
        "toggles: {}", "toggles:\n    {}"
    )


def test_a_comment_that_would_become_part_of_a_text_goes_with_the_setting():
    text = "kind: group\nid: g\nnote: |\n  why\ntoggles:\n  # so\n  sync: on\n"
    assert edit(text, None) == "kind: group\nid: g\nnote: |\n  why\n"


SHARED = (
    USERS
    + """\
  - {id: a@b, toggles: &t {sync: &s {state: on, note: &n why}, other: &o off}}
  - {id: c@d, toggles: *t}
  - {id: e@f, toggles: {sync: *s}}
  - {id: g@h, toggles: {sync: on, other: *o}, note: *n}
"""
)


@pytest.mark.parametrize(
    ("user", "toggle", "words"),
    [
        (0, "sync", r"would also change the alias of `c@d` at f.yaml:4:24, `e@f` at f.yaml:5:31"),
        (0, "other", r"would also change the alias of `c@d` at f.yaml:4:24, `g@h` at f.yaml:6:42"),
        (1, "sync", r"`toggles` at f.yaml:4:24 is an alias"),
        (1, "other", r"`toggles` at f.yaml:4:24 is an alias"),
        (2, "sync", r"`sync` at f.yaml:5:31 is an alias"),
        (3, "other", r"`other` at f.yaml:6:42 is an alias"),
    ],
)
def test_an_edit_that_would_change_somebody_else_is_refused_and_says_whom(user, toggle, words):
    now = OFF if toggle == "other" else ON
    goal = ON if now is OFF else OFF
    with pytest.raises(RefusedError, match=words):
        edit(SHARED, goal, base=("users", user), toggle=toggle)


def test_beside_an_alias_an_edit_is_like_any_other():
    after = edit(SHARED, OFF, base=("users", 3))
    assert after == SHARED.replace("{sync: on, other: *o}", "{sync: off, other: *o}")


def test_an_alias_can_be_taken_away():
    after = edit(SHARED, None, base=("users", 2))
    assert after == SHARED.replace(", toggles: {sync: *s}", "")


def test_a_word_in_escapes_is_refused():
    with pytest.raises(RefusedError, match="in a way that calsync does not edit"):
        edit(group('toggles: {sync: "o\\x6e"}\n'), OFF)
