"""What every command is handed: where the policies are, and what the output is for."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.read.load import Loaded
    from engine.read.source import Source
    from engine.report.screen import Screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """The options that stand before the command. `colour` is auto, always or never."""

    policies: str
    colour: str = "auto"

    def source(self, rev: str | None = None) -> Source:
        """Return the policy directory, of the working tree or as it was at a revision."""
        if rev is None:
            from engine.read.source import WorkingTree

            return WorkingTree(self.policies)
        from engine.read.git import revision

        return revision(self.policies, rev)

    def load(self, rev: str | None = None) -> Loaded:
        """Read the policies."""
        from engine.read.load import load

        return load(self.source(rev))

    def coloured(self, stream: IO[Any]) -> bool:
        """Tell whether to colour: --color, then NO_COLOR, FORCE_COLOR, then the terminal."""
        if self.colour != "auto":
            return self.colour == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return stream.isatty() and os.environ.get("TERM") != "dumb"

    def screen(self, *, err: bool = False, to_file: bool = False) -> Screen:
        """Return what is known of the place that output goes to."""
        import shutil

        from engine.report.screen import Screen

        stream = sys.stderr if err else sys.stdout
        encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "")
        piped = to_file or not stream.isatty()
        width = shutil.get_terminal_size().columns if not piped or "COLUMNS" in os.environ else 80
        return Screen(
            width=width,
            colour=not to_file and self.coloured(stream),
            unicode=encoding.startswith("utf"),
            piped=piped,
        )
