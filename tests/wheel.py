"""Build the wheel, compare its files with the committed list, and use it from another directory.

Run as a script by `make test`, since it needs a fresh environment and the network of a
package index; `--update` writes the list anew.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
LISTED = ROOT / "tests" / "wheel-files.txt"


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", name]
        subprocess.run([*build, str(ROOT)], check=True, stdout=subprocess.DEVNULL)
        wheel = next(folder.glob("*.whl"))
        files = sorted(n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n)
        if "--update" in sys.argv:
            LISTED.write_text("".join(f"{n}\n" for n in files), encoding="utf-8")
        listed = LISTED.read_text(encoding="utf-8").splitlines()
        if files != listed:
            print("the wheel's files differ from tests/wheel-files.txt:")
            print("\n".join(f"  {n}" for n in sorted(set(files) ^ set(listed))))
            return 1
        return use(wheel, folder)


def use(wheel: Path, folder: Path) -> int:
    """Install the wheel alone, with its core dependencies, and run it elsewhere."""
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel]
    subprocess.run(install, check=True)
    calsync = folder / "env" / "bin" / "calsync"
    there = ["-C", str(ROOT)]
    for words in (
        ["--version"],
        [*there, "validate"],
        [*there, "explain", "alice@acme.example"],
        [*there, "evaluate", "--summary"],
        ["schema"],
    ):
        done = subprocess.run(
            [calsync, *words], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode or not done.stdout:
            print(f"calsync {' '.join(words)} from the wheel: {done.returncode}\n{done.stderr}")
            return 1
    print(f"{wheel.name}: the files are as listed, and it works from another directory")
    return 0


if __name__ == "__main__":
    sys.exit(main())
