"""A comparison for a terminal: the sentences to repeat, then everyone, folded."""

from __future__ import annotations

from engine.counts import agree, count
from engine.model import State
from engine.report.screen import plain
from engine.review.explanation import on_or_off
from engine.review.phrases import people, plain_text, standing
from engine.review.targets import toggle_name
from engine.typed import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.report.screen import Screen
    from engine.review.changes import DeclaredChange
    from engine.review.crowds import Effect
    from engine.review.phrases import Sentence
    from engine.review.story import Story, Told
    from engine.review.surprises import Surprise

_EFFECTS: Final = 12
_CHANGES: Final = 12
_PEOPLE: Final = 4
_REASONS: Final = 3
_GROUPS: Final = 4
_LONGEST: Final = 60
_GUARDRAILS: Final = 12


def render(story: Story, screen: Screen, *, provenance: bool = False) -> str:
    """Return the text, ending in a newline.

    With `provenance` it lists those for whom only the reason changes.
    """
    blocks = [_headline(story, screen)]
    blocks += [_surprises(story.surprises, screen)] if story.surprises else []
    blocks += list(_effects(story, screen))
    blocks += [_unnoticed(story.unnoticed, screen)] if provenance and story.unnoticed else []
    blocks += [_changes(story.declared, screen)] if story.declared else []
    return "\n\n".join([*blocks, _foot(story, screen)]) + "\n"


def _words(sentence: Sentence) -> str:
    return plain(plain_text(sentence))


def _headline(story: Story, screen: Screen) -> str:
    first, *others = story.headline
    lines = [screen.paint(screen.wrap(_words(first)), bold=True)]
    lines += [screen.wrap(_words(one)) for one in others]
    broken = [_words(one) for one in story.guardrails[:_GUARDRAILS]]
    rest = len(story.guardrails) - len(broken)
    broken += [f"and {count(rest, 'more guardrail')}: --format json lists them all"] if rest else []
    lines += [screen.paint(screen.wrap(words), "red") for words in broken]
    return "\n".join(lines)


def _foot(story: Story, screen: Screen) -> str:
    words = f"{_words(story.sides)}: {story.totals}"
    if not screen.unicode:
        words = words.replace("→", "->")
    return screen.paint(screen.wrap(words), dim=True)


def _surprises(surprises: Sequence[Surprise], screen: Screen) -> str:
    dash = screen.sign("• ", "- ")
    lines = [screen.paint("Surprises", bold=True)]
    for one in surprises:
        words = f"{_words(one.sentence)}: {_some(one.users)}"
        lines.append(screen.wrap(words, first=f"  {dash}"))
    return "\n".join(lines)


def _unnoticed(unnoticed: Sequence[Surprise], screen: Screen) -> str:
    lines = [
        screen.paint("The same for another reason", bold=True),
        *(
            screen.wrap(f"{_words(one.sentence)}: {_some(one.users)}", first="  ")
            for one in unnoticed[:_EFFECTS]
        ),
    ]
    rest = unnoticed[_EFFECTS:]
    if rest:
        lines.append(f"  and {sum(len(one.users) for one in rest):,} more: see --format csv")
    return "\n".join(lines)


def _some(users: Sequence[str], *, most: int = _PEOPLE) -> str:
    """Name the first few, and say how many more there are."""
    most = most + 1 if len(users) == most + 1 else most
    shown = ", ".join(plain(user) for user in users[:most])
    rest = len(users) - most
    return f"{shown} and {rest:,} more" if rest > 0 else shown


# -- who notices what ----------------------------------------------------------------------------


def _effects(story: Story, screen: Screen) -> Iterator[str]:
    """Yield a block for each toggle: transitions, each with its reasons and people."""
    shown = story.effects[:_EFFECTS]
    for key in dict.fromkeys(one.toggle.key for one in shown):
        mine = [one for one in shown if one.toggle.key == key]
        title = screen.paint(plain(toggle_name(mine[0].toggle)), bold=True)
        blocks = [
            _effect(one, screen, again=before is not None and before.reasons == one.reasons)
            for before, one in zip([None, *mine], mine, strict=False)
        ]
        yield "\n".join([title, *blocks])
    rest = story.effects[_EFFECTS:]
    if rest:
        number = len({user for one in rest for user in one.users})
        yield screen.wrap(
            f"and {count(len(rest), 'smaller effect')}, for {people(number)}: "
            "--format csv lists them all"
        )
    for one in story.arrivals:
        words = f"{_words(one.sentence).removesuffix('.')}: {_some(one.users)}"
        yield screen.wrap(words)


def _effect(one: Effect, screen: Screen, *, again: bool) -> str:
    arrow = screen.sign("→", "->")
    number = people(len(one.users))
    head = f"  {number}: {standing(one.old)} {arrow} {standing(one.new)}"
    flows = _flows(one)
    lines = [screen.paint(head, _colour(one), bold=True) + (f"; {flows}" if flows else "")]
    lines += ["    for the same reason"] if again else _because(one, screen)
    if len(one.users) > 1 and one.groups != ((None, len(one.users)),):
        lines.append(screen.paint(screen.wrap(_groups(one), first="    "), dim=True))
    lines.append(screen.wrap(_some(one.users), first="    "))
    return "\n".join(lines)


def _because(one: Effect, screen: Screen) -> list[str]:
    most = _REASONS + 1 if len(one.reasons) == _REASONS + 1 else _REASONS
    lines = [
        screen.wrap(_words(reason), first="        and " if at else "    because ")
        for at, reason in enumerate(one.reasons[:most])
    ]
    rest = len(one.reasons) - most
    return [*lines, f"        and {count(rest, 'more change')}"] if rest > 0 else lines


def _flows(one: Effect) -> str:
    if one.old.sync == one.new.sync or one.new.sync is None:
        return ""
    return "events flow now" if one.new.sync else "events flow no longer"


def _colour(one: Effect) -> str | None:
    if one.old.sync != one.new.sync and one.new.sync is not None:
        return "green" if one.new.sync else "red"
    return "yellow" if one.new.locked and not one.old.locked else None


def _groups(one: Effect) -> str:
    most = _GROUPS + 1 if len(one.groups) == _GROUPS + 1 else _GROUPS
    shown = [f"{plain(name) if name else 'no group'} {n:,}" for name, n in one.groups[:most]]
    rest = one.groups[most:]
    if rest:
        shown.append(f"and {sum(n for _, n in rest):,} in {count(len(rest), 'other group')}")
    return f"by main group: {', '.join(shown)}"


# -- what changed in the files -------------------------------------------------------------------


def _changes(declared: Sequence[Told], screen: Screen) -> str:
    shown = sorted(declared, key=lambda told: (-told.users, told.change.id))[:_CHANGES]
    lines = [screen.paint("Changed in the files", bold=True)]
    lines += [_change(told, screen) for told in shown]
    rest = len(declared) - len(shown)
    if rest:
        lines.append(f"  and {rest:,} more: --format json lists them all")
    return "\n".join(lines)


def _change(told: Told, screen: Screen) -> str:
    change = told.change
    where = change.new_location or change.old_location
    place = f"{where.file}:{where.line}" if where else "built in"
    notice = agree(told.users, "notices", "notice")
    number = f"{people(told.users)} {notice}" if told.users else "nobody notices"
    arrow = screen.sign("→", "->")
    words = f"{_words(told.subject)}, {difference(change, arrow)} ({number})"
    return screen.wrap(words, first=f"  {plain(place)}  ", rest="      ")


def difference(change: DeclaredChange, arrow: str = "→") -> str:
    """Return what a declared change is, in a few words; of lists only what came and went."""
    if change.field is None:
        return "added" if change.action == "added" else "removed"
    what = change.field.replace("_", " ")
    if change.toggle is not None:
        what = change.toggle if change.field == "setting" else f"{what} of {change.toggle}"
    if change.kind == "directory" and change.users:
        return f"{plain(what)}: {count(change.users, 'row')} {change.action}"
    moved = _moved(change.old, change.new)
    if moved:
        return f"{plain(what)}: {_some(moved)}"
    return f"{plain(what)}: {value(change.old)} {arrow} {value(change.new)}"


def _moved(old: Any, new: Any) -> list[str]:
    """Return what came to a list (+) and what went (-), and so for every list of a mapping."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = list(dict.fromkeys((*old, *new)))
        sides = [(old.get(key, ()), new.get(key, ())) for key in keys]
        if not all(isinstance(one, tuple | list) for side in sides for one in side):
            return []
        found = [_moved(*side) for side in sides]
        return [f"{key} {words}" for key, some in zip(keys, found, strict=True) for words in some]
    if isinstance(old, tuple | list) and isinstance(new, tuple | list):
        came = [f"+{one}" for one in new if one not in old]
        return [*came, *(f"-{one}" for one in old if one not in new)]
    return []


def value(said: Any) -> str:
    """Return a value for a person, on one line and not too long."""
    if said is None:
        return "nothing"
    if isinstance(said, dict) and "state" in said:
        return on_or_off(State(said["state"])) + (", locked" if said.get("locked") else "")
    if isinstance(said, dict):
        text = "; ".join(f"{key} {value(part)}" for key, part in said.items())
    elif isinstance(said, list | tuple):
        text = ", ".join(str(part) for part in said) or "none"
    else:
        text = str(said).lower() if isinstance(said, bool) else str(said)
    shown = plain(text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
