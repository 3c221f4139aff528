"""A comparison in every format; what a format needs is imported, and told, when it is asked for."""

from __future__ import annotations

from functools import cached_property

from engine.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.commands.invocation import Invocation
    from engine.commands.outputs import Renderer
    from engine.report.agenda import Agenda
    from engine.review.comparison import Comparison
    from engine.review.models import Move
    from engine.review.story import Story


class Compared:
    """A comparison, and how it is asked for.

    `move` is what the comparison is about, where that is a move to priorities; `command` is
    what to type to have everybody listed, where that is not `diff`.
    """

    def __init__(
        self,
        comparison: Comparison,
        invocation: Invocation,
        *,
        provenance: bool,
        move: Move | None = None,
        command: str | None = None,
    ) -> None:
        self.comparison = comparison
        self.invocation = invocation
        self.provenance = provenance
        self.move = move
        self.command = command

    @property
    def renderers(self) -> Mapping[str, Renderer]:
        """A renderer for each format."""
        return {
            "github": self._github,
            "text": self._text,
            "json": self._json,
            "csv": self._csv,
            "parquet": self._parquet,
            "markdown": self._markdown,
            "html": self._html,
        }

    @cached_property
    def _story(self) -> Story:
        from engine.review.story import tell
        from engine.shapes import replace

        told = tell(self.comparison)
        return replace(told, command=self.command) if self.command else told

    @cached_property
    def _agenda(self) -> Agenda | None:
        if self.move is None:
            return None
        from engine.report.agenda import agenda

        return agenda(self.move, self.comparison)

    def _text(self, to_file: bool) -> str:
        from engine.report import diff_text

        screen = self.invocation.screen(to_file=to_file)
        text = diff_text.render(self._story, screen, provenance=self.provenance)
        if self._agenda is None:
            return text
        from engine.report import agenda_text

        return f"{agenda_text.render(self._agenda, screen)}\n{text}"

    def _json(self, _: bool) -> Iterable[str]:
        from engine.report import diff_json

        if self._agenda is None:
            return diff_json.render(self.comparison, provenance=self.provenance)
        from engine.report.agenda import keys

        more = keys(self._agenda)
        return diff_json.render(self.comparison, provenance=self.provenance, more=more)

    def _csv(self, _: bool) -> Iterable[str]:
        from engine.report import diff_csv

        return diff_csv.render(self.comparison, provenance=self.provenance)

    def _parquet(self, _: bool) -> Iterable[bytes]:
        from engine.report import diff_parquet

        return diff_parquet.render(self.comparison, provenance=self.provenance)

    def _markdown(self, _: bool) -> str:
        from engine.report import diff_markdown

        first: tuple[str, ...] = (diff_markdown.MARK,)
        if self._agenda is not None:
            from engine.report import agenda_markdown

            first = tuple(agenda_markdown.parts(self._agenda))
        return diff_markdown.render(
            self._story, self.comparison, provenance=self.provenance, first=first
        )

    def _html(self, _: bool) -> str:
        from engine.report import diff_html

        return diff_html.render(
            self.comparison, self._story, provenance=self.provenance, agenda=self._agenda
        )

    def _github(self, _: bool) -> str:
        from engine.commands.outputs import root
        from engine.report import diff_annotations, github

        return github.render(diff_annotations.annotated(self._story, self.comparison, root=root()))
