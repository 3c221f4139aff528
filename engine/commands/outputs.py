"""Several formats in one run: `--format`, and `--output FORMAT=FILE` as often as needed."""

from __future__ import annotations

import os

from engine.commands.writing import is_file, refuse_bytes_on_a_terminal, write
from engine.errors import QuestionError
from engine.typed import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from engine.report.annotations import Annotated

Renderer: TypeAlias = "Callable[[bool], str | Iterable[str] | Iterable[bytes]]"
"""Makes a text, whole or in pieces, or bytes in pieces; it is told whether they go to a file."""

SERVICES = ("sarif", "junit", "github", "gitlab")
"""The formats that take annotations."""


_ANYWHERE = frozenset((*SERVICES, "text", "json", "ndjson", "csv", "parquet", "markdown", "html"))
"""The formats that some command knows."""


class Destination(NamedTuple):
    """One text to make: its format, and its file (None is standard output)."""

    form: str
    file: str | None


def chosen(form: str, formats: Iterable[str]) -> str:
    """Return the format that is meant: `auto` asks the service's own environment variables."""
    if form != "auto":
        return form
    services = {"github": "GITHUB_ACTIONS", "gitlab": "GITLAB_CI"}
    there = (name for name, variable in services.items() if os.environ.get(variable) == "true")
    return next((name for name in there if name in formats), "text")


def destinations(form: str, outputs: Sequence[str], formats: Sequence[str]) -> list[Destination]:
    """Return what to write where: FORMAT=FILE each, and `--format` once.

    Raises QuestionError where one place is named twice, for a format that there is not, and for
    Parquet on a terminal.
    """
    known = [*formats, "auto"] if not set(SERVICES).isdisjoint(formats) else [*formats]
    parted = [_parted(output, known) for output in outputs]
    plain = [file for named, file in parted if named is None]
    found = [
        Destination(chosen(named, formats), file) for named, file in parted if named is not None
    ]
    found.insert(0, Destination(chosen(form, formats), plain[0] if plain else None))
    places = [os.path.realpath(one.file) if is_file(one.file) else None for one in found]
    if len(plain) > 1 or len(set(places)) < len(places):
        raise QuestionError(
            "several results would be written to one place",
            hint="give each format a file of its own: --output sarif=calsync.sarif",
        )
    for one in found:
        refuse_bytes_on_a_terminal(*one)
    return found


def _parted(output: str, known: Sequence[str]) -> tuple[str | None, str]:
    """Return the format and the file; what names no format is a file whose name holds a `=`."""
    name, sign, file = output.partition("=")
    if not sign or os.path.dirname(name):
        return None, output
    if name in known:
        return name, file
    from engine.read.words import did_you_mean

    near = did_you_mean(name, known)
    if near or name in _ANYWHERE:
        near = near or f"known here: {', '.join(known)};"
        raise QuestionError(
            f"unknown format `{name}` in `--output {output}`",
            hint=f"{near} a file of that name is ./{output}",
        )
    return None, output


def written(
    renderers: Mapping[str, Renderer],
    to: Iterable[Destination],
) -> None:
    """Write every destination."""
    for one in to:
        text = renderers[one.form](is_file(one.file))
        write([text] if isinstance(text, str) else text, one.file)


def services(report: Callable[[], Annotated]) -> dict[str, Callable[[bool], str]]:
    """Return a renderer per service's format; each is imported, and the report made, on use."""

    def renderer(name: str) -> Callable[[bool], str]:
        def render(_: bool) -> str:
            from importlib import import_module

            text: str = import_module(f"engine.report.{name}").render(report())
            return text

        return render

    return {name: renderer(name) for name in SERVICES}


def root() -> str:
    """Return the working directory as seen from the repository that the CI service checked out.

    Empty outside of a service, and where the working directory is the repository's root.
    """
    for variable in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        folder = os.environ.get(variable)
        if folder:
            seen = os.path.relpath(os.path.realpath("."), os.path.realpath(folder)).replace(
                os.sep, "/"
            )
            if seen != "." and not seen.startswith(".."):
                return seen
    return ""
