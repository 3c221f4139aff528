"""A session of Spark: begun where there is none, quiet, and ended by whoever began it."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any, Final, cast

from engine.errors import CalsyncError, MissingExtraError, QuestionError
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

_OURS: Final = {
    "spark.sql.caseSensitive": "true",  # two toggles may differ in case alone
    "spark.sql.csv.parser.columnPruning.enabled": "false",  # else no short row would be noticed
}
_HINT: Final = "Spark 4 needs Java 17 or later, such as openjdk-17-jre-headless, or JAVA_HOME"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where Spark runs: `master` (None is what Spark is configured to), and settings for it."""

    master: str | None = None
    settings: Mapping[str, str]
    verbose: bool = False


class SparkFailedError(CalsyncError):
    """Spark does not start, or gives up."""


def settings(given: tuple[str, ...]) -> dict[str, str]:
    """Return `KEY=VALUE` settings by key. Raises QuestionError for one that is none."""
    found: dict[str, str] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals or not key.strip():
            hint = "write KEY=VALUE, such as spark.executor.memory=8g"
            raise QuestionError(f"`{one}` is no setting of Spark", hint=hint)
        found[key.strip()] = value.strip()
    return found


@contextmanager
def session(cluster: Cluster) -> Iterator[SparkSession]:
    """Give a session; where Spark runs in this process already, a new one of that Spark.

    Raises MissingExtraError without pyspark, SparkFailedError without Java.
    """
    for package in ("sqlglot", "pyspark"):
        try:
            import_module(package)
        except ImportError:
            raise MissingExtraError(package, "spark", "the Spark engine") from None
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    running: SparkSession | None = SparkSession.getActiveSession()
    if running is not None:
        yield _ours(running.newSession(), cluster.settings)
        return
    if "PYSPARK_GATEWAY_PORT" not in os.environ and not _java():
        raise SparkFailedError("Spark needs Java, which is not installed", hint=_HINT)
    _hush()
    with tempfile.TemporaryDirectory(prefix="calsync-spark-") as folder:
        context = _start(cluster, folder)
        try:
            yield _ours(SparkSession(context), {})
        finally:
            _stop(context, SparkContext)


@contextmanager
def told() -> Iterator[None]:
    """Say in a line what Spark cannot do."""
    from py4j.protocol import Py4JError
    from pyspark.errors import AnalysisException, PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        known = error.getCondition() if isinstance(error, AnalysisException) else None
        if known == "PATH_ALREADY_EXISTS":
            hint = "remove it, or name another with --output"
            raise QuestionError("the output is there already", hint=hint) from error
        raise SparkFailedError(f"Spark gives up: {first_line(error)}") from error


def _hush() -> None:
    """Keep pyspark from logging every error with the whole stack of Java: we say it in a line."""
    from pyspark.logger import PySparkLogger

    PySparkLogger.getLogger("SQLQueryContextLogger").disabled = True


def _java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return bool(
        shutil.which("java", path=os.path.join(home, "bin")) if home else shutil.which("java")
    )


def _start(cluster: Cluster, folder: str) -> SparkContext:
    """Start Spark; what its own process says goes to a file in `folder`, but for --verbose."""
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway

    wanted = dict(cluster.settings)
    if cluster.master is not None:
        wanted["spark.master"] = cluster.master
    before = SparkConf(loadDefaults=False).setAll(list(wanted.items()))
    with open(os.path.join(folder, "said"), "w+b") as said:
        streams = {"stdout": said, "stderr": None if cluster.verbose else said}
        try:
            gateway: Any = cast("Any", launch_gateway)(before, popen_kwargs=streams)
            conf = SparkConf(_jvm=gateway.jvm).setAll(list(wanted.items()))
            _defaults(conf, folder, verbose=cluster.verbose)
            return SparkContext(conf=conf, gateway=gateway)
        except (PySparkException, Py4JError) as error:
            why = _why(error, said)
            raise SparkFailedError(f"Spark does not start: {why}", hint=_HINT) from error


def _defaults(conf: SparkConf, folder: str, *, verbose: bool) -> None:
    """Set what nobody has set: a name, no litter here, and no server for a page nobody opens."""
    conf.setIfMissing("spark.app.name", "calsync")
    conf.setIfMissing("spark.sql.warehouse.dir", folder)
    conf.setIfMissing("spark.ui.showConsoleProgress", "false")
    if not verbose:
        conf.setIfMissing("spark.log.level", "OFF")
    if (conf.get("spark.master") or "").startswith("local"):
        conf.setIfMissing("spark.ui.enabled", "false")


def _ours(spark: SparkSession, also: Mapping[str, str]) -> SparkSession:
    for key, value in {**also, **_OURS}.items():
        if spark.conf.isModifiable(key):
            spark.conf.set(key, value)
    return spark


def _stop(context: SparkContext, kind: type[SparkContext]) -> None:
    """End Spark, and its process where we began it."""
    gateway: Any = context._gateway  # noqa: SLF001 - pyspark keeps it for ever
    context.stop()
    if gateway.proc is None:
        return
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()
    kind._gateway = kind._jvm = None  # noqa: SLF001 - the next one starts its own


def _why(error: Exception, said: IO[bytes]) -> str:
    """Return one line of what went wrong: an exception's, else the last of the process."""
    said.seek(0)
    lines = [line.strip() for line in said.read().decode(errors="replace").splitlines()]
    telling = [line for line in lines if "Error" in line or "Exception" in line] or lines
    if "JAVA_GATEWAY_EXITED" in str(error):
        return telling[0] if telling else "its process ended at once"
    return first_line(error)


def first_line(error: Exception) -> str:
    """Return the telling line of an error of Spark's, without the stack of Java."""
    cause = getattr(error, "java_exception", None)
    text = str(cause.getMessage() if cause is not None else error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
