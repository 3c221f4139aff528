"""The bundle: the schemas of all kinds in one, which branches on `kind`.

Owns how `schema/bundle.json` is made from the files beside it, and nothing else: what a
document may hold is said in those. Editors and other tools get the bundle, since one file of
policies holds documents of many kinds; calsync itself reads the schema of each kind.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.read.schemas import KINDS, schema

if TYPE_CHECKING:
    from collections.abc import Mapping

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_ID: Final = "https://calsync.example/schema/1/bundle.json"
_IDENTITY: Final = frozenset({"$schema", "$id", "$defs"})


def bundle(schemas: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return one self-contained schema for a document of any kind in `schemas`.

    The keys of `schemas` are the kinds; their order is the order of the result. Every kind and
    every definition stands directly under `$defs`, so that `#/$defs/NAME` means the same in the
    bundle as in the file it comes from. The kinds' own `$id` is left out: tools that resolve
    references against the root of a file, as older editors do, would lose their way at it.

    Raises:
        ValueError: a name under `$defs` means two things.
    """
    kinds = {kind: _without_identity(one) for kind, one in schemas.items()}
    definitions = dict(kinds)
    for kind, one in schemas.items():
        for name, definition in one.get("$defs", {}).items():
            if definitions.setdefault(name, definition) != definition:
                raise ValueError(f"`$defs/{name}` of `{kind}` means something else elsewhere")
    return {
        "$schema": _DRAFT,
        "$id": _ID,
        "title": "calsync policy document",
        "description": "One document of a policy file; its `kind` says what it declares.",
        "type": "object",
        "required": ["kind"],
        "properties": {
            "kind": {
                "title": "Kind",
                "description": "What the document declares, and so which other keys it has.",
                "enum": list(kinds),
                "enumDescriptions": [one["description"] for one in kinds.values()],
            },
        },
        "allOf": [_branch(kind) for kind in kinds],
        "examples": [example for one in kinds.values() for example in one["examples"][:1]],
        "$defs": definitions,
    }


def _without_identity(one: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in one.items() if key not in _IDENTITY}


def _branch(kind: str) -> dict[str, Any]:
    # NOTE: without `type` a document that is no mapping would meet every condition.
    condition = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": kind}}}
    return {"if": condition, "then": {"$ref": f"#/$defs/{kind}"}}


def render(one: Mapping[str, Any]) -> str:
    """Return the text of a schema file: two spaces a level, keys as they stand, a final newline."""
    return json.dumps(one, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Rewrite `schema/bundle.json` of this checkout."""
    target = Path(__file__).parents[2] / "schema" / "bundle.json"
    text = render(bundle({kind: schema(kind) for kind in KINDS}))
    target.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
