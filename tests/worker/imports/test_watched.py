"""An import tells of what is watched: a newer version, a package that is gone."""

from __future__ import annotations

import pytest

from tests.support import rows
from tests.support.apt_archive import stanza
from tests.worker.imports.test_importing import Make, bring, index_of  # noqa: F401 - a fixture
from tgtui.data.packages.by_name import find_package
from tgtui.data.packages.watching import watches
from tgtui.data.storage.database import Database
from tgtui.output.watching import news_in_words

pytestmark = pytest.mark.full_on("postgresql")


def test_newer_versions_and_what_is_gone_are_news(
    database: Database,
    index_of: Make,  # noqa: F811
) -> None:
    bring(database, index_of(stanza("shed", "1.0"), stanza("rake", "1.5"), stanza("hoe", "1")))
    ada = database.write_now(rows.add_account)
    for name in ("shed", "rake"):
        package = database.read_now(find_package, "apt", name)
        assert package is not None
        database.write_now(watches.watch, ada, [package])
    bring(database, index_of(stanza("shed", "2.0"), stanza("hoe", "2"), digest="two"))
    page = database.read_now(watches.watched_page, ada)
    told = {row.name: news_in_words(row.news) for row in page.rows if row.news is not None}
    assert told == {
        "shed": "2.0",
        "rake": "deprecated 1.5: No longer in the registry's index.",
    }
