"""calsync: policy as data for tiered settings.

The public API is what this package's modules name without an underscore; the
short way in is :func:`engine.read.load.load` and :mod:`engine.decide`.
"""

__version__ = "0.1.0"
