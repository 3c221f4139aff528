"""`python -m bench [NAME…]`: run the benchmarks and write what they measured."""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import iter_modules

import bench


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all: the modules here that have a `run`."""
    known = {
        info.name: import_module(f"bench.{info.name}")
        for info in iter_modules(bench.__path__)
        if not info.name.startswith("_") and (not names or info.name in names)
    }
    wanted = names or [name for name, module in known.items() if hasattr(module, "run")]
    for name in wanted:
        if name not in known:
            print(f"there is no benchmark `{name}`", file=sys.stderr)
            return 2
        print(known[name].run(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
