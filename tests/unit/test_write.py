"""Files are written whole or not at all, by one at a time, and keep what they were."""

import fcntl
import os
import random
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.edit.write import remove_file, replace_file
from engine.errors import RefusedError, SourceError

OLD, NEW = b"old\n", b"new, and longer\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "legal.yaml"
    path.write_bytes(OLD)
    return path


def test_the_file_holds_the_new_text_and_nothing_is_left_beside(file):
    replace_file(str(file), OLD, NEW)
    assert file.read_bytes() == NEW
    assert os.listdir(file.parent) == ["legal.yaml"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_permissions_are_kept(file, mode):
    file.chmod(mode)
    replace_file(str(file), OLD, NEW)
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_a_symbolic_link_stays_one_and_what_it_leads_to_is_written(file):
    (file.parent / "elsewhere").mkdir()
    link = file.parent / "elsewhere" / "link.yaml"
    link.symlink_to("../legal.yaml")
    replace_file(str(link), OLD, NEW)
    assert link.is_symlink()
    assert file.read_bytes() == NEW


def test_a_file_that_changed_since_it_was_read_is_left_alone(file):
    with pytest.raises(RefusedError, match="has changed since"):
        replace_file(str(file), b"what was read", NEW)
    assert file.read_bytes() == OLD
    assert os.listdir(file.parent) == ["legal.yaml"]


def test_while_another_writes_the_file_is_left_alone(file):
    beside = file.parent / ".legal.yaml.calsync"
    with beside.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(RefusedError, match="another calsync is writing"):
            replace_file(str(file), OLD, NEW)
    assert file.read_bytes() == OLD
    assert beside.exists()


def test_what_a_killed_process_left_is_taken_away(file):
    (file.parent / ".legal.yaml.calsync").write_bytes(b"half of a much longer te")
    replace_file(str(file), OLD, NEW)
    assert file.read_bytes() == NEW
    assert os.listdir(file.parent) == ["legal.yaml"]


def test_a_new_file_gets_the_usual_permissions(tmp_path):
    path = tmp_path / "new.yaml"
    replace_file(str(path), None, NEW)
    assert path.read_bytes() == NEW
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


def test_a_file_that_came_meanwhile_is_not_overwritten(file):
    with pytest.raises(RefusedError):
        replace_file(str(file), None, NEW)
    assert file.read_bytes() == OLD


def test_a_folder_that_takes_no_file_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="cannot write"):
        replace_file(str(tmp_path / "no" / "file.yaml"), None, NEW)


def test_a_new_file_can_be_taken_back_while_nobody_changed_it(tmp_path):
    path = tmp_path / "new.yaml"
    replace_file(str(path), None, NEW)
    remove_file(str(path), OLD)
    assert path.exists()
    remove_file(str(path), NEW)
    assert not path.exists()


KILLED = """
import os, random, signal, sys, time
from engine.edit.write import replace_file
path, times, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(seed)
texts = [bytes([letter]) * size for letter, size in ((65, 40_000), (66, 90_000))]
wrong = []
replace_file(path, open(path, "rb").read(), texts[0])
for _ in range(times):
    child = os.fork()
    if not child:
        now = open(path, "rb").read()
        while True:
            other = texts[0] if now == texts[1] else texts[1]
            replace_file(path, now, other)
            now = other
    time.sleep(rng.random() * 0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if open(path, "rb").read() not in texts:
        wrong.append(_)
beside = [name for name in os.listdir(os.path.dirname(path)) if name.startswith(".")]
assert len(beside) <= 1, beside
sys.exit(f"half-written after {wrong}" if wrong else 0)
"""


def killed_at_random(file, times):
    code = [sys.executable, "-c", KILLED, str(file), str(times), "7"]
    root = Path(__file__).parents[2]
    return subprocess.run(code, cwd=root, capture_output=True, text=True, check=False)


def test_a_killed_process_leaves_the_old_file_or_the_new_one(file):
    assert killed_at_random(file, 40).stderr == ""
    replace_file(str(file), file.read_bytes(), NEW)
    assert os.listdir(file.parent) == ["legal.yaml"]


@pytest.mark.slow
def test_so_does_one_killed_at_hundreds_of_instants(file):
    assert killed_at_random(file, 800).stderr == ""


@pytest.mark.slow
def test_the_whole_command_killed_at_any_instant_leaves_a_file_that_is_whole(tmp_path):
    policies = tmp_path / "policies"
    policies.mkdir()
    path = policies / "all.yaml"
    states = [
        f"kind: account\nid: acme\ntoggles: {{bidirectional_calendar_sync: {word}}}\n".encode()
        for word in ("on", "off")
    ]
    path.write_bytes(states[0])
    rng = random.Random(7)
    command = [sys.executable, str(Path(__file__).parents[2] / "cli.py"), "-C", str(tmp_path)]
    started = time.monotonic()
    subprocess.run([*command, "set", "account", "off", "--yes"], check=True, capture_output=True)
    takes = time.monotonic() - started
    for number in range(60):
        words = ["set", "account", ("on", "off")[number % 2], "--yes"]
        with subprocess.Popen([*command, *words], stdout=-3, stderr=-3) as process:
            time.sleep(rng.random() * takes * 1.1)
            process.kill()
        assert path.read_bytes() in states
    for word in ("off", "on"):  # one of them alters it, and takes away what was left behind
        subprocess.run([*command, "set", "account", word, "--yes"], check=True, capture_output=True)
    assert os.listdir(policies) == ["all.yaml"]
