"""Both databases for every test that asks for `url`: SQLite always, PostgreSQL where Debian's is installed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from headoffice.cluster import Cluster, NoPostgresql, find
from tests.support.till import RAM


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    try:
        find()
    except NoPostgresql as missing:
        pytest.skip(str(missing))
    with tempfile.TemporaryDirectory(prefix="tillbox-postgresql-", dir=RAM) as folder:
        Path(folder).chmod(0o711)  # a user of its own has to pass
        with Cluster(Path(folder) / "cluster") as running:
            yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path) -> str:
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'office.db'}"
    started: Cluster = request.getfixturevalue("cluster")
    return started.new_url()
