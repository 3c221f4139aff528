"""All tests run with a cache of their own, and never with the user's; none is timed."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Give this process, and those that it starts, a cache that is empty at first."""
    names = ("CALSYNC_CACHE", "CALSYNC_NO_CACHE")
    before = {name: os.environ.pop(name, None) for name in names}
    os.environ["CALSYNC_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    del os.environ["CALSYNC_CACHE"]
    os.environ.update({name: value for name, value in before.items() if value is not None})
