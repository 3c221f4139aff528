"""`calsync schema [KIND]`: the JSON Schema of a kind, or the bundle of all."""

from __future__ import annotations

import json

import click

from engine.commands.options import in_utf8, output_option
from engine.commands.writing import write
from engine.read.schemas import KINDS, schema


@click.command("schema")
@click.argument("kind", required=False, type=click.Choice(KINDS), metavar="[KIND]")
@output_option
def command(kind: str | None, output: str | None) -> None:
    """Print the JSON Schema of a KIND of document, or one for all that branches on `kind`.

    KIND is account, group, user, users, directory, catalogue, roles, expectations or guardrails.

    In an editor with yaml-language-server, put this on a policy file's first line:

    \b
        # yaml-language-server: $schema=calsync.schema.json

    after writing that file once: calsync schema --output calsync.schema.json
    """  # noqa: D301 - click wants the character itself
    in_utf8(None, None, "json")
    write([json.dumps(schema(kind or "bundle"), indent=2, ensure_ascii=False) + "\n"], output)
