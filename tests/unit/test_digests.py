"""A table's hash is believed by its stat only where the stat cannot be out of date."""

from __future__ import annotations

import hashlib
import os
import time

import pytest

from engine.read.cache import digests as kept
from engine.read.cache.digests import digests


def hashed(*contents: bytes) -> list[bytes]:
    return [hashlib.sha256(one).digest() for one in contents]


LATER = pytest.mark.usefixtures("later")


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.delenv("CALSYNC_NO_CACHE", raising=False)
    monkeypatch.setenv("CALSYNC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(kept, "_KNOWN", {})
    path = tmp_path / "1.parquet"
    path.write_bytes(b"first")
    return path


@pytest.fixture
def later(monkeypatch):
    """All that was written so far is old."""
    monkeypatch.setattr(kept, "time_ns", lambda: time.time_ns() + 2 * kept.MARGIN)


def entries(table):
    return list((table.parent / "cache").glob("*.digests"))


def another_process(monkeypatch):
    monkeypatch.setattr(kept, "_KNOWN", {})


@LATER
def test_an_old_table_is_hashed_once_for_all_processes(table, monkeypatch):
    assert digests([str(table)]) == hashed(b"first")
    another_process(monkeypatch)
    monkeypatch.setattr(kept, "_hash", None)
    assert digests([str(table)]) == hashed(b"first")


@LATER
def test_an_old_table_is_hashed_once_for_both_sides(table, monkeypatch):
    monkeypatch.setenv("CALSYNC_NO_CACHE", "1")
    other = table.with_name("2.parquet")
    os.link(table, other)
    assert digests([str(table)]) == hashed(b"first")
    monkeypatch.setattr(hashlib, "file_digest", None)
    assert digests([str(other)]) == hashed(b"first")
    assert entries(table) == []


def test_a_young_table_is_hashed_each_time(table):
    about = table.stat()
    for content in (b"first", b"other", b"third"):
        table.write_bytes(content)
        os.utime(table, ns=(about.st_atime_ns, about.st_mtime_ns))
        assert digests([str(table)]) == hashed(content)
    assert entries(table) == []


@LATER
def test_a_table_that_got_its_old_time_back_is_hashed_again(table):
    about = table.stat()
    assert digests([str(table)]) == hashed(b"first")
    time.sleep(0.05)  # beyond the clock's resolution: what is within it is young
    table.write_bytes(b"other")
    os.utime(table, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert digests([str(table)]) == hashed(b"other")


@LATER
def test_a_table_that_changes_while_it_is_hashed_is_not_kept(table, monkeypatch):
    def changing(file, how, whole=hashlib.file_digest):
        found = whole(file, how)
        time.sleep(0.05)
        table.write_bytes(b"other")
        return found

    monkeypatch.setattr(hashlib, "file_digest", changing)
    digests([str(table)])
    monkeypatch.undo()
    assert entries(table) == []


@LATER
def test_where_a_stat_does_not_tell_of_changes_it_is_not_believed(table, monkeypatch):
    monkeypatch.setattr(kept, "_TELLS", False)
    assert digests([str(table)]) == hashed(b"first")
    about = table.stat()
    table.write_bytes(b"other")
    os.utime(table, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert digests([str(table)]) == hashed(b"other")
    assert entries(table) == []


@LATER
def test_the_order_of_tables_is_theirs(table, monkeypatch):
    other = table.with_name("2.parquet")
    other.write_bytes(b"other")
    for _ in range(2):
        assert digests([str(table), str(other)]) == hashed(b"first", b"other")
        assert digests([str(other), str(table)]) == hashed(b"other", b"first")
        another_process(monkeypatch)


@LATER
def test_what_is_damaged_is_as_good_as_none(table, monkeypatch):
    digests([str(table)])
    (entry,) = entries(table)
    whole = entry.read_bytes()
    for damaged in (b"", whole[:-1], whole[:20] + b"\xff" + whole[21:], os.urandom(len(whole))):
        entry.write_bytes(damaged)
        another_process(monkeypatch)
        assert digests([str(table)]) == hashed(b"first")


def test_a_table_that_is_gone_is_said(table):
    table.unlink()
    with pytest.raises(FileNotFoundError):
        digests([str(table)])
