"""Ids of large tables, looked over at once: those that stand twice, in whatever passes."""

from __future__ import annotations

import builtins
import os
import subprocess
import sys
from types import SimpleNamespace
from unittest.mock import patch

import duckdb
import pytest

from engine.errors import SourceError
from engine.read import ids


@pytest.fixture
def people():
    with duckdb.connect() as connection, patch.object(ids, "raw", lambda select: f"({select})"):
        yield lambda *selects, declared=(): population(connection, selects, declared)


def population(connection, selects, declared):
    """Return what is asked for its ids: one part of tables that are selects."""
    counts = " + ".join(f"(SELECT count(*) FROM ({select}))" for select in selects)
    return SimpleNamespace(
        connection=connection,
        parts=[SimpleNamespace(alike=lambda: selects)],
        declared=dict.fromkeys(declared, ""),
        count=lambda: connection.execute(f"SELECT {counts}").fetchall()[0][0],
        plain=False,
    )


def numbered(first, end):
    return f"SELECT 'u' || i || '@c' AS \"user\" FROM range({first}, {end}) t(i)"


ONE = "SELECT 'u7@c' AS \"user\""
NOBODY = 'SELECT NULL::VARCHAR AS "user"'


@pytest.mark.parametrize("at_once", [100, 700, 100_000_000])
@pytest.mark.parametrize(
    ("selects", "declared", "doubled"),
    [
        ([numbered(0, 3_000)], (), False),
        ([numbered(0, 3_000), numbered(3_000, 6_000)], ["yaml@c"], False),
        ([numbered(0, 3_000), ONE], (), True),
        ([ONE, ONE], (), True),
        ([numbered(0, 3_000)], ["u2999@c"], True),
        ([NOBODY, NOBODY, numbered(0, 9)], (), True),
        (["SELECT 'É@c' AS \"user\"", "SELECT 'é@c' AS \"user\""], (), False),
        ([f"{ONE} WHERE false"], (), False),
    ],
    ids=["none", "none in yaml", "tables", "two", "yaml", "nobody", "unicode", "empty"],
)
def test_two_alike_are_found_wherever_they_stand(people, selects, declared, doubled, at_once):
    with patch.object(ids, "PASS", at_once):
        assert ids.may_be_doubled(people(*selects, declared=declared)) is doubled


@pytest.mark.parametrize("at", [0, 122_879, 122_880, 399_999])
@pytest.mark.parametrize("at_once", [90_000, 100_000_000])
def test_batches_hide_none(people, at, at_once):
    asked = people(numbered(0, 400_000), numbered(at, at + 1))
    with patch.object(ids, "PASS", at_once):
        assert ids.may_be_doubled(asked)
        assert not ids.may_be_doubled(people(numbered(0, 400_000)))


ODD = ("a b@c", "é@c", "@c", "c@", "a@b@c", "a", "", None, "a\x7f@c", "\x1fa@c", "a" * 253 + "@c")


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("odd", ODD)
def test_one_odd_id_among_many_batches_makes_them_odd(people, odd, first):
    written = "NULL" if odd is None else f"'{odd}'"
    selects = [f'SELECT {written}::VARCHAR AS "user"', numbered(0, 300_000)]
    asked = people(*(selects if first else reversed(selects)))
    assert not ids.may_be_doubled(asked)
    assert not asked.plain


def test_batches_of_plain_ids_are_plain_up_to_the_longest(people):
    longest = "SELECT repeat('a', 252) || '@c' AS \"user\""
    asked = people(numbered(0, 300_000), longest)
    assert not ids.may_be_doubled(asked)
    assert asked.plain


@pytest.mark.parametrize("error", [ImportError, RuntimeError])
@pytest.mark.parametrize("without", ["numpy", "nanoarrow"])
def test_without_the_libraries_the_answer_is_the_same(people, without, error):
    real = builtins.__import__

    def missing(name, *args):
        if name == without:
            raise error(name)
        return real(name, *args)

    with patch.object(builtins, "__import__", missing):
        asked = people(numbered(0, 3_000))
        assert not ids.may_be_doubled(asked)
        assert not asked.plain
        assert ids.may_be_doubled(people(numbered(0, 3_000), ONE))


def test_a_table_that_cannot_be_read_says_so_in_duckdbs_words(people):
    asked = people(
        "SELECT CASE WHEN i = 9 THEN error('torn') END::VARCHAR AS \"user\" FROM range(10) t(i)"
    )
    with pytest.raises(duckdb.Error, match="torn"):
        ids.may_be_doubled(asked)


def test_what_fails_in_a_batch_alone_is_no_traceback(people):
    import nanoarrow

    failing = patch.object(nanoarrow, "c_array_stream", side_effect=RuntimeError("torn"))
    with failing, pytest.raises(SourceError):
        ids.may_be_doubled(people(ONE))


def test_numpy_is_asked_to_sort_as_other_programs_do_not_notice():
    said = (
        "import os; from engine.read import arrays; assert arrays.are_at_hand();"
        "print(os.environ.get('NPY_DISABLE_CPU_FEATURES'))"
    )
    for own in (None, "AVX512_SPR"):
        env = {key: one for key, one in os.environ.items() if key != "NPY_DISABLE_CPU_FEATURES"}
        env |= {"NPY_DISABLE_CPU_FEATURES": own} if own else {}
        ran = subprocess.run(
            [sys.executable, "-W", "error::RuntimeWarning", "-c", said],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout == f"{own}\n"
        assert ran.stderr == ""
