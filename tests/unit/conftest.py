"""Fixtures that several of these tests share."""

from __future__ import annotations

import pytest

from tests.workplace import Workplace


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty directory to run calsync in."""
    monkeypatch.chdir(tmp_path)  # -C changes this process's working directory: have it put back
    return Workplace(tmp_path)
