"""Both databases for every test that asks for `url`: SQLite always, PostgreSQL where Debian's is installed."""

from collections.abc import Iterator

import pytest

from tests.support.books import Cluster, a_cluster, postgresql_binaries


@pytest.fixture(scope="session")
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    binaries = postgresql_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (requirements/apt.txt)")
    folder = tmp_path_factory.mktemp("postgresql")
    for parent in (folder, *folder.parents[:3]):
        parent.chmod(parent.stat().st_mode | 0o011)  # its user has to pass
    with a_cluster(folder / "cluster", binaries) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path) -> str:
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'office.db'}"
    started: Cluster = request.getfixturevalue("cluster")
    return started.new_url()
