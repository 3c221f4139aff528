"""The reference pages, made from the code when the site is built: nothing here can be out of date.

A hook of MkDocs: commands from their `--help`, finding codes from the registry, policy files and
JSON formats from their JSON Schemas, which stand beside the pages to be downloaded.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from mkdocs.structure.files import File

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.insert(0, str(ROOT))

from cli import COMMANDS, main  # noqa: E402 - the checkout is put on the path above
from engine.findings import registry  # noqa: E402 - likewise
from engine.read.schemas import KINDS, schema  # noqa: E402 - likewise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files


_ELSEWHERE = ("index.md", "tutorial.md", "law.md", "architecture.md")
"""Pages at the top that are no how-to."""


def pages() -> dict[str, str]:
    """Return the text of every generated file, by its path in the site."""
    found = {
        "reference/commands.md": commands(),
        "reference/finding-codes.md": codes(),
        "reference/policy-files.md": policy_files(),
        "reference/json-formats.md": json_formats(),
    }
    for kind in (*KINDS, "bundle"):
        found[f"reference/schema/{kind}.json"] = _json(schema(kind))
    for file in sorted((ROOT / "schema" / "output").glob("*.json")):
        found[f"reference/output/{file.name}"] = file.read_text(encoding="utf-8")
    return found


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give every page a place in the navigation; MkDocs calls this."""
    config.nav = [
        {"Home": "index.md"},
        {"Tutorial": "tutorial.md"},
        {"How to": [*_below("how-to"), *_below("", but=_ELSEWHERE)]},
        {"Reference": [*sorted(p for p in pages() if p.endswith(".md")), *_below("reference")]},
        {"Explanation": ["law.md", "architecture.md"]},
    ]
    return config


def _below(folder: str, *, but: tuple[str, ...] = ()) -> list[str]:
    found = (str(path.relative_to(DOCS)) for path in (DOCS / folder).glob("*.md"))
    return sorted(path for path in found if path not in but)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to the site; MkDocs calls this."""
    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    return files


def commands() -> str:
    """Return the page of commands: each one's help as a terminal shows it."""
    root = click.Context(main, info_name="calsync", terminal_width=90, max_content_width=90)
    parts = ["# Commands", _fence("text", main.get_help(root))]
    for name in COMMANDS:
        command = main.get_command(root, name)
        if command is not None:
            ctx = click.Context(command, info_name=name, parent=root)
            parts += [f"## calsync {name}", _fence("text", command.get_help(ctx))]
    return "\n\n".join(parts) + "\n"


def codes() -> str:
    """Return the page of finding codes: why each matters, what to write instead."""
    listed = [
        f"| [`{slug}`](#{slug}) | {c.severity} | {c.title} |" for slug, c in registry().items()
    ]
    parts = [
        "# Finding codes",
        (
            "`calsync validate --explain CODE` tells the same in a terminal. A comment "
            "`# calsync: ignore[CODE] reason` at the end of its line silences a warning."
        ),
        "\n".join(["| code | severity | what |", "|---|---|---|", *listed]),
    ]
    for slug, code in registry().items():
        parts += [f"## {slug}", f"*{code.severity}*: {code.title}.", code.why]
        parts += ["Instead of", _fence("yaml", code.bad), "write", _fence("yaml", code.good)]
    return "\n\n".join(parts) + "\n"


def policy_files() -> str:
    """Return the page of kinds: every key, what it holds and what it means."""
    parts = [
        "# Policy files",
        (
            "Every `*.yaml` and `*.yml` below the policy directory is read; each document says by "
            "its `kind` what it declares. One schema for all: [bundle.json](schema/bundle.json)."
        ),
    ]
    for kind in KINDS:
        one = schema(kind)
        parts += [
            f"## {kind}",
            one["description"],
            f"JSON Schema: [{kind}.json](schema/{kind}.json)",
        ]
        parts += [_keys(one), _fence("yaml", _yaml(one["examples"][0]))]
    return "\n\n".join(parts) + "\n"


def json_formats() -> str:
    """Return the page of JSON outputs, each with its schema."""
    parts = [
        "# JSON formats",
        (
            "Each has a `format_version`. A larger minor number only adds keys, so ignore those "
            "that you don't know. Our own outputs are tested against these schemas."
        ),
    ]
    for file in sorted((ROOT / "schema" / "output").glob("*.json")):
        one = json.loads(file.read_text(encoding="utf-8"))
        parts += [f"## {one['title']}", one["description"]]
        parts += [f"JSON Schema: [{file.name}](output/{file.name})", _keys(one)]
    return "\n\n".join(parts) + "\n"


def _keys(one: Mapping[str, Any]) -> str:
    lines = ["| key | holds | what |", "|---|---|---|"]
    needed = set(one.get("required", ()))
    for key, value in one["properties"].items():
        name = f"**`{key}`**" if key in needed else f"`{key}`"
        said = value.get("description", "").replace("|", "\\|").replace("\n", " ")
        lines.append(f"| {name} | {', '.join(_types(value))} | {said} |")
    return "\n".join([*lines, "", "Keys in bold are always there."])


def _types(value: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in value:
        yield value["$ref"].rpartition("/")[2]
    elif "const" in value:
        yield f"`{value['const']}`"
    elif "enum" in value:
        yield from (f"`{json.dumps(one)}`" if one is None else f"`{one}`" for one in value["enum"])
    elif value.get("type") == "array":
        yield f"list of {', '.join(_types(value.get('items', {})))}"
    elif "anyOf" in value or "oneOf" in value:
        for one in value.get("anyOf", value.get("oneOf")):
            yield from _types(one)
    else:
        types = value.get("type", "anything")
        yield from [types] if isinstance(types, str) else types


def _fence(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def _json(one: Mapping[str, Any]) -> str:
    return json.dumps(one, indent=2, ensure_ascii=False) + "\n"


def _yaml(one: Mapping[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(one, sort_keys=False, allow_unicode=True, default_flow_style=None)
