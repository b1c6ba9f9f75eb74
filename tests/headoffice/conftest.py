"""Both databases for every test that asks for `url`: SQLite always, PostgreSQL where Debian's is installed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.books import Cluster, a_cluster, postgresql_binaries
from tests.support.till import RAM


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    binaries = postgresql_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (requirements/apt.txt)")
    with tempfile.TemporaryDirectory(prefix="tillbox-postgresql-", dir=RAM) as folder:
        Path(folder).chmod(0o711)  # a user of its own has to pass
        with a_cluster(Path(folder) / "cluster", binaries) as running:
            yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path) -> str:
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'office.db'}"
    started: Cluster = request.getfixturevalue("cluster")
    return started.new_url()
