"""`python -m bench [--quick] [NAME…]`: run the benchmarks and write what they measured.

With `--quick` inputs are small and rounds few, and nothing is written: it shows that a benchmark
runs, not how fast anything is.
"""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from pkgutil import iter_modules

import bench

AFTER = ("plots", "targets")
"""These read what the others measured."""


def main(words: list[str]) -> int:
    """Run the named benchmarks, or all: the modules here that have a `run`."""
    quick = "--quick" in words
    names = [word for word in words if word != "--quick"]
    known = {
        info.name: import_module(f"bench.{info.name}")
        for info in iter_modules(bench.__path__)
        if not info.name.startswith("_") and (not names or info.name in names)
    }
    wanted = names or [name for name, module in known.items() if hasattr(module, "run")]
    for name in sorted(wanted, key=AFTER.__contains__):
        if name not in known:
            print(f"there is no benchmark `{name}`", file=sys.stderr)
            return 2
        run = known[name].run
        takes_size = "quick" in inspect.signature(run).parameters
        print(run(quick=quick) if takes_size else run(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
