"""Spark, DuckDB, the one-user interpreter and the reference agree on every row and every finding.

R9 for engines: it does not matter who computes. One session serves the whole module.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from cli import main
from engine.decide import sql
from engine.decide.coding import Plain
from engine.errors import InvalidPoliciesError, SourceError
from engine.literals import CALENDAR_WORDS
from engine.model import Decision
from engine.population import duck
from engine.population.asked import Asked
from engine.population.spark.evaluation import Evaluation
from engine.population.spark.session import Cluster, session
from engine.population.spark.translate import translate
from engine.read.load import load
from engine.read.source import WorkingTree
from engine.review.selection import select
from tests.generator import generate
from tests.property.test_populations_match_reference import (
    BAD,
    COLUMNS,
    POLICIES,
    all_toggles,
    everything_is_large,
    reference_rows,
)
from tests.shapes import write_csv, write_parquet, write_set

pytestmark = pytest.mark.xdist_group("spark")  # one process, so that one session serves all
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """A folder that Spark also finds at viewfs://lake/data, a file system by its settings."""
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="module")
def spark(lake):
    quick = {
        "spark.hadoop.fs.viewfs.mounttable.lake.link./data": f"file://{lake}",
        # there are few rows: starting and compiling would cost the most
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.codegen.wholeStage": "false",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    }
    with session(Cluster(master="local[2]", settings=quick)) as one:
        yield one


def said(findings):
    return [(f.code, f.message, f.hint, f.location) for f in findings]


def large(folder):
    with everything_is_large():
        loaded = load(WorkingTree(str(folder)), rows=False)
    return loaded.valid()


@pytest.mark.parametrize("seed", range(6))
def test_tables_of_any_shape_give_the_rows_of_the_reference(seed, spark, tmp_path):
    rng = Random(2000 + seed)
    documents = generate(
        rng, groups=(0, 8), users=(1, 25), roles=False, expectations=False, guardrails=False
    )
    write_set(rng, documents, tmp_path)
    wanted = reference_rows(documents)
    policies = large(tmp_path)
    evaluation = Evaluation(spark, policies, all_toggles(policies))
    assert list(evaluation.rows()) == wanted
    assert list(duck.Evaluation(policies, all_toggles(policies)).rows()) == wanted
    assert list(select(policies, all_toggles(policies))) == wanted
    if seed < 2:
        small = load(WorkingTree(str(tmp_path))).valid()
        assert list(Evaluation(spark, small, all_toggles(small)).rows()) == wanted


ODD = (
    *("a'b", '"q"', "back\\slash", "\\n", "ünï", "日本", "𝒳", "%41", "{brace}", "$1", "`t`", "+"),
    *("a,b", "g w", "_", "--", "/*", "null", "NULL", "true", "0", "e\u0301", "é", "ſ", "İ"),
)
"""Ids of groups that a language, a pattern or an address may take for something else."""


@pytest.mark.parametrize("resolution", ["primary_group", "group_priority"])
def test_no_id_is_taken_for_something_else(resolution, spark, tmp_path):
    settings = [(state, lock) for state in ("on", "off") for lock in (True, False)]
    documents = [{"kind": "account", "id": "a'c\\me", "group_resolution": resolution}]
    for number, group in enumerate(ODD):
        state, lock = settings[number % 4]
        toggle = {"state": state, "locked": lock}
        toggles = {"bidirectional_calendar_sync": toggle} if number % 5 else {}
        priority = {"priority": len(ODD) - number}
        documents.append({"kind": "group", "id": group, **priority, "toggles": toggles})
    documents.append({"kind": "directory", "source": "t */*.*"})
    (tmp_path / "p.yaml").write_text(
        "\n---\n".join(json.dumps(one, ensure_ascii=False) for one in documents), encoding="utf-8"
    )
    rng = Random(7)
    rows = []
    for number in range(120):
        groups = rng.choices(ODD, k=number % 7)
        groups += groups[:1] if number % 3 else []  # doubled
        user = f"{ODD[number % len(ODD)].replace(' ', '')}.{number}@{ODD[number % 7]}"
        primary = rng.choice(groups) if groups and number % 2 else None
        calendars = rng.choice((None, [], ["none"], ["google", "exchange"], ["google", "google"]))
        rows.append({"user": user, "groups": groups, "primary_group": primary})
        rows[-1] |= {"calendars": calendars}
        rows[-1] |= {"bidirectional_calendar_sync": rng.choice((None, "", "ON", "nO"))}
    columns = [*COLUMNS[:4], "bidirectional_calendar_sync"]
    folder = tmp_path / "t [1]{2}+%20é"
    folder.mkdir()
    write_parquet(rows[:60], columns, folder / "a*b.parquet", lists=True)
    for row in rows[60:]:
        row["groups"] = " ;\n; ".join(row["groups"])
        row["calendars"] = "\t;\r\n".join(row["calendars"] or ())
    write_csv(rng, rows[60:80], columns, folder / "c.csv")
    write_csv(rng, rows[80:100], columns[::-1], folder / "d#.csv")
    write_parquet(rows[100:], columns, folder / "k=v.parquet", lists=False)
    policies = large(tmp_path)
    wanted = list(select(policies, all_toggles(policies)))
    assert len(wanted) == 240
    assert list(Evaluation(spark, policies, all_toggles(policies)).rows()) == wanted
    assert list(duck.Evaluation(policies, all_toggles(policies)).rows()) == wanted


@pytest.mark.parametrize("resolution", ["primary_group", "group_priority"])
def test_twelve_thousand_groups_are_heard_as_one_is(resolution, spark, tmp_path):
    rng = Random(11)
    toggle = "bidirectional_calendar_sync"
    lines = [f"kind: account\nid: acme\ngroup_resolution: {resolution}"]
    for number in range(12_000):
        state, lock = rng.choice(("on", "off")), rng.choice(("true", "false"))
        said = f"{{{toggle}: {{state: {state}, locked: {lock}}}}}"
        lines.append(f"kind: group\nid: g{number}é\npriority: {number + 1}\ntoggles: {said}")
    lines.append("kind: directory\nsource: people.csv")
    (tmp_path / "p.yaml").write_text("\n---\n".join(lines), encoding="utf-8")
    people = ["user,groups"]
    for number in range(3_000):
        groups = ";".join(f"g{rng.randrange(12_000)}é" for _ in range(number % 5))
        people.append(f"u{number}@c,{groups}")
    (tmp_path / "people.csv").write_text("\n".join(people), encoding="utf-8")
    policies = large(tmp_path)
    wanted = Asked(toggles=(toggle,))
    assert list(Evaluation(spark, policies, wanted).rows()) == list(select(policies, wanted))


def test_the_plain_statement_means_the_same_to_duckdb(tmp_path):
    """What sqlglot is given is no language of its own: with its functions, DuckDB runs it."""
    import duckdb

    rng = Random(5)
    for number in range(5):
        documents = generate(rng, groups=(1, 8), users=(5, 25), roles=False)
        write_set(rng, documents, tmp_path / str(number))
        policies = load(WorkingTree(str(tmp_path / str(number)))).valid()
        with duckdb.connect() as connection:
            duck._own_table(connection, policies.users.values(), sorted(policies.toggles))
            found = []
            for account in policies.accounts:
                people = f"SELECT * FROM own_people WHERE account = {duck.text(account)}"
                asked = sorted(policies.toggles)
                statement = sql.decisions(policies, account, asked, people, Plain("x"))
                for words in (CALENDAR_WORDS, *statement.types):
                    pairs = [f"{duck.text(w)}: {at}" for at, w in enumerate(words.words)]
                    lists = [duck.text(word) for word in words.words]
                    connection.execute(
                        f"CREATE OR REPLACE MACRO code_{words.name}(w) AS"
                        f" map_extract_value(MAP {{{', '.join(dict.fromkeys(pairs))}}}, w)"
                        if len(set(words.words)) == len(words.words)
                        else f"CREATE OR REPLACE MACRO code_{words.name}(w) AS error('no word')"
                    )
                    connection.execute(
                        f"CREATE OR REPLACE MACRO word_{words.name}(n) AS"
                        f" ([{', '.join(lists)}])[n + 1]"
                    )
                found += connection.execute(statement.select).fetchall()
        assert sorted(found) == [tuple(row) for row in reference_rows(documents)]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_same_rows_are_bad(form, spark, tmp_path):
    (tmp_path / "a.yaml").write_text(POLICIES.replace("people.*", "p*/people.*"), encoding="utf-8")
    good = ["first@c", "h;g", "g", "google", "on"], ["é@c", "", "", "none", ""]
    half = len(BAD) // 2
    for folder, bad in (("p1", BAD[:half]), ("p2", BAD[half:])):
        rows = [dict(zip(COLUMNS, one[1:-1], strict=True)) for one in bad]
        if folder == "p1":
            rows[:0] = [dict(zip(COLUMNS, one, strict=True)) for one in good]
        else:  # sound but for the bad rows that declare this user before
            rows.append(dict(zip(COLUMNS, ("b@c", "", "", "", ""), strict=True)))
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / f"people.{form}"
        if form == "csv":
            write_csv(Random(0), rows, COLUMNS, path)
            path.write_bytes(re.sub(rb"\r?\n", rb"\g<0>\g<0>", path.read_bytes()))
        else:
            write_parquet(rows, COLUMNS, path, lists=False)
    with everything_is_large():
        wanted = load(WorkingTree(str(tmp_path))).findings
    assert len(wanted) == len(BAD) + 1
    assert wanted[-1].message.startswith("the user `b@c` stands twice, first at ")
    with pytest.raises(InvalidPoliciesError) as raised:
        Evaluation(spark, large(tmp_path), Asked(toggles=(COLUMNS[4],)))
    assert said(raised.value.findings) == said(wanted)


def test_of_many_bad_rows_ten_are_shown_and_each_names_the_total(spark, tmp_path):
    (tmp_path / "a.yaml").write_text(POLICIES, encoding="utf-8")
    lines = "".join(f"u{n}@c\nbad{n}\n\n" for n in range(30))
    (tmp_path / "people.csv").write_text(f"user\n{lines}", encoding="utf-8")
    with pytest.raises(InvalidPoliciesError) as raised:
        Evaluation(spark, large(tmp_path), Asked(toggles=(COLUMNS[4],)))
    assert said(raised.value.findings) == said(load(WorkingTree(str(tmp_path))).findings)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (b"user,groups\na@c,g\nb@c\nd@c,h\n", "the row has 1 cells, the header 2"),
        (b"user,groups\na@c,g,h\n", "the row has 3 cells, the header 2"),
        (b'user,groups\n"a"b@c,g\n', "`source` names `people.csv`, which is not CSV"),
        (b"user,groups\n%s\xffa@c,g\n" % (b"\n" * 9000), "a table cannot be read: `"),
    ],
)
def test_what_is_no_table_is_refused(table, message, spark, tmp_path):
    (tmp_path / "a.yaml").write_text(POLICIES, encoding="utf-8")
    (tmp_path / "people.csv").write_bytes(table)
    with pytest.raises((InvalidPoliciesError, SourceError)) as raised:
        Evaluation(spark, large(tmp_path), Asked(toggles=(COLUMNS[4],)))
    found = getattr(raised.value, "findings", None)
    assert (found[0].message if found else raised.value.message).startswith(message)


def test_empty_cells_beyond_the_header_say_nothing(spark, tmp_path):
    (tmp_path / "a.yaml").write_text(POLICIES, encoding="utf-8")
    table = 'user,groups\na@c,"g",,\nb@c,,""\nd@c,h\n'
    (tmp_path / "people.csv").write_text(table, encoding="utf-8")
    policies = large(tmp_path)
    wanted = Asked(toggles=(COLUMNS[4],))
    assert len(policies.users) == 4
    assert list(Evaluation(spark, policies, wanted).rows()) == list(select(policies, wanted))


def test_the_replacement_character_itself_is_no_mistake(spark, tmp_path):
    (tmp_path / "a.yaml").write_text(POLICIES, encoding="utf-8")
    (tmp_path / "people.csv").write_text("user\n\ufffd@c\n", encoding="utf-8")
    policies = large(tmp_path)
    wanted = Asked(toggles=(COLUMNS[4],))
    assert list(Evaluation(spark, policies, wanted).rows()) == list(select(policies, wanted))


def test_a_file_that_spark_would_pass_over_is_refused(spark, tmp_path):
    (tmp_path / "a.yaml").write_text(POLICIES.replace("people.*", "_people.*"), encoding="utf-8")
    (tmp_path / "_people.csv").write_text("user\na@c\n", encoding="utf-8")
    with pytest.raises(SourceError, match="Spark passes over a file of this name"):
        Evaluation(spark, large(tmp_path), Asked(toggles=(COLUMNS[4],)))


# -- the command ------------------------------------------------------------------------


def calsync(*words):
    return CliRunner().invoke(main, [*words], catch_exceptions=False)


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize(
    "words",
    [
        ("--format", "csv"),
        ("--format", "ndjson", "--all-toggles", "--where", "locked=true"),
        ("--format", "json", "--group", "legal", "--where", "state=disabled"),
        ("--summary", "--all-toggles", "--format", "json"),
        ("--format", "csv", "--user", "alice@acme.example", "--user", "bob@acme.example"),
        ("--format", "csv", "--where", "sync=null"),
        (
            "--format",
            "table",
        ),
    ],
)
def test_every_question_has_the_answer_of_plain_python(words):
    plain = calsync("evaluate", "--engine", "python", *words)
    found = calsync("evaluate", "--engine", "spark", *words)
    assert (found.exit_code, found.stderr) == (0, "")
    assert found.stdout == plain.stdout
    assert found.stdout


def test_the_command_itself_says_nothing_but_the_rows(tmp_path):
    """Spark's own process writes to neither stream, and leaves nothing where it was started."""
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    quick = ("--spark-conf", "spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1")
    words = ("evaluate", "--engine", "spark", "--spark-master", "local[1]", "--format", "csv")
    command = [sys.executable, str(ROOT / "cli.py"), *words, *quick]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == calsync("evaluate", "--format", "csv").stdout
    assert [one.name for one in tmp_path.iterdir()] == ["policies"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"JAVA_HOME": "/nowhere"}, "error: Spark needs Java, which is not installed\n  hint: "),
        ({"PYTHONPATH": "without/pyspark"}, "needs `pyspark`, which is not installed\n  hint: "),
        ({"PYTHONPATH": "without/sqlglot"}, "needs `sqlglot`, which is not installed\n  hint: "),
        ({"SPARK_HOME": "broken"}, "error: Spark does not start: Exception in thread: too old\n"),
    ],
)
def test_what_spark_lacks_is_said_in_a_line(change, said, tmp_path):
    for package in ("pyspark", "sqlglot"):
        (tmp_path / "without" / package).mkdir(parents=True)
        missing = f"raise ImportError('no module {package}')"
        (tmp_path / "without" / package / f"{package}.py").write_text(missing, encoding="utf-8")
    program = tmp_path / "broken" / "bin" / "spark-submit"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho Exception in thread: too old >&2\nexit 1\n", "utf-8")
    program.chmod(0o755)
    change = {k: v if v.startswith("/") else str(tmp_path / v) for k, v in change.items()}
    command = [sys.executable, str(ROOT / "cli.py"), "evaluate", "--engine", "spark"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | change, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("spark")
def test_a_folder_holds_the_rows_in_order(tmp_path):
    rows = list(csv.reader(calsync("evaluate", "--format", "csv").stdout.splitlines()))
    for form in ("csv", "ndjson", "parquet"):
        folder = tmp_path / form
        words = ("evaluate", "--engine", "spark", "--format", form, "--output", str(folder))
        done = calsync(*words)
        assert (done.exit_code, done.stdout) == (0, ""), done.stderr
        assert (folder / "_SUCCESS").exists()
        assert written(folder, form) == rows[1:]
        again = calsync(*words)
        assert again.exit_code == 2
        assert "the output is there already" in again.stderr


def written(folder, form):
    """The rows of a folder, as CSV says them."""
    parts = sorted(folder.glob("part-*"))
    found = []
    for part in parts:
        if form == "csv":
            with part.open(encoding="utf-8", newline="") as file:
                header, *rows = csv.reader(file)
            assert header == list(Decision._fields)
        elif form == "ndjson":
            lines = part.read_text(encoding="utf-8").splitlines()
            rows = [list(json.loads(line).values()) for line in lines]
            assert all(list(json.loads(line)) == list(Decision._fields) for line in lines)
        else:
            import duckdb

            with duckdb.connect() as connection:
                rows = connection.execute("SELECT * FROM read_parquet(?)", [str(part)]).fetchall()
        found += [
            ["" if v is None else str(v).lower() if isinstance(v, bool) else v for v in row]
            for row in rows
        ]
    return found


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--format", "parquet"), "Spark writes Parquet as a folder of files"),
        (("--format", "json", "--output", "s3a://b/x"), "json is one file of this machine"),
        (("--spark-conf", "spark.x"), "`spark.x` is no setting of Spark"),
        (("--memory", "1GB"), "--memory is DuckDB's"),
        (("--format", "csv", "--output", "nofs://b/x"), "Spark gives up: "),
    ],
)
def test_what_cannot_be_is_said_in_a_line(words, said):
    done = calsync("evaluate", "--engine", "spark", *words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "\tat " not in done.stderr
    assert done.stdout == ""


ELSEWHERE = """\
kind: account
id: acme
---
{kind: group, id: g, toggles: {bidirectional_calendar_sync: {state: off, locked: true}}}
---
{kind: user, id: yaml@c}
---
{kind: directory, source: "people*/**/*.*"}
---
kind: expectations
expectations: [{user: first@c, state: disabled}]
"""


@pytest.fixture
def apart(lake, tmp_path):
    """A policy directory without its tables, and the address of a copy that has them."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "a.yaml").write_text(ELSEWHERE, encoding="utf-8")
    copy = lake / f"set+{len(list(lake.iterdir()))}%20é"
    (copy / "people [1]" / "groups=none").mkdir(parents=True)
    (copy / "a.yaml").write_text(ELSEWHERE, encoding="utf-8")
    return tmp_path / "policies", copy, f"viewfs://lake/data/{copy.name}"


@pytest.mark.usefixtures("spark")
def test_tables_are_found_where_only_spark_looks(apart, lake):
    policies, copy, address = apart
    people = copy / "people [1]"
    (people / "a.csv").write_text("groups,user\ng,first@c\n,é@c\n", encoding="utf-8-sig")
    (people / ".hidden.txt").write_text("no table", encoding="utf-8")
    one = [{"user": "p1@c", "groups": ["g", "g"]}]
    write_parquet(one, ["user", "groups"], people / "b {x}.parquet", lists=True)
    two = [{"user": "p2@c", "calendars": []}, {"user": "p3@c", "calendars": ["none"]}]
    write_parquet(two, ["user", "calendars"], people / "c.parquet", lists=True)
    for name in ("b {x}.parquet", "c.parquet"):
        (people / name).rename(people / "groups=none" / name)  # no column, as for DuckDB
    ask = ("evaluate", "--engine", "spark", "--spark-tables", address)
    for words in (
        ("--format", "csv"),
        ("--format", "csv", "--user", "p1@c", "--user", "yaml@c"),
        ("--format", "csv", "--group", "g", "--all-toggles"),
        ("--format", "json", "--summary"),
    ):
        wanted = calsync("-p", str(copy), "evaluate", "--engine", "python", *words)
        found = calsync("-p", str(policies), *ask, *words)
        assert (found.exit_code, found.stderr) == (0, "")
        assert found.stdout == wanted.stdout
    done = calsync("-p", str(policies), *ask, "--user", "first@d")
    assert done.exit_code == 2
    assert "did you mean `first@c`?" in done.stderr
    output = f"{address}/out.parquet"
    done = calsync("-p", str(policies), *ask, "--format", "parquet", "--output", output)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    wanted = calsync("-p", str(copy), "evaluate", "--engine", "python", "--format", "csv").stdout
    rows = written(lake / copy.name / "out.parquet", "parquet")
    assert rows == list(csv.reader(wanted.splitlines()))[1:]


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize(
    ("name", "table", "said"),
    [
        (None, b"", "`source` names no file"),
        ("a.txt", b"user\n", "`source` names `people [1]/a.txt`, which is no table"),
        ("a.csv", b"", "`people [1]/a.csv` has no header"),
        ("a.csv", b"user,user\n", "`people [1]/a.csv` has the column `user` twice"),
        ("a.csv", b"user,grups\n", "`people [1]/a.csv` has the unknown column `grups`"),
        ("a.parquet", b"PAR1", "`source` names `people [1]/a.parquet`, which is not Parquet"),
        ("a.csv", b"user,groups\n\na@c,\n\n\nb@c,h\n", "a.csv:6:1: [error] unknown group `h`"),
        ("a.csv", b"user\nyaml@c\n", "the user `yaml@c` is declared elsewhere too"),
        ("a.csv", b'user\n"a"b@c\n', "a table cannot be read: "),
    ],
)
def test_wrong_tables_elsewhere_are_refused(name, table, said, apart):
    policies, copy, address = apart
    if name:
        (copy / "people [1]" / name).write_bytes(table)
    ask = ("-p", str(policies), "evaluate", "--engine", "spark", "--spark-tables", address)
    done = calsync(*ask)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert "\tat " not in done.stderr


def test_settings_of_spark_need_spark():
    done = calsync("evaluate", "--spark-master", "local[2]")
    assert done.exit_code == 2
    assert "needs --engine spark" in done.stderr


def test_the_plans_literal_is_escaped_for_spark():
    said = translate("SELECT 'it''s \\ \"x\"\n'")
    assert said == "SELECT 'it\\'s \\\\ \"x\"\\n'"


def test_a_population_is_counted_without_its_rows(spark, tmp_path):
    documents = generate(Random(3), groups=(2, 8), users=(15, 25), roles=False)
    write_set(Random(3), documents, tmp_path)
    policies = large(tmp_path)
    wanted = all_toggles(policies)
    evaluation = Evaluation(spark, policies, wanted)
    counts = evaluation.summary()
    assert evaluation.people(counts) == len(policies.users)
    assert sorted(counts, key=str) == sorted(duck.Evaluation(policies, wanted).summary(), key=str)
    some = all_toggles(policies, conditions={3: {"enabled"}})
    evaluation = Evaluation(spark, policies, some)
    users = {row.user for row in select(policies, some)}
    assert evaluation.people(evaluation.summary()) == len(users)
