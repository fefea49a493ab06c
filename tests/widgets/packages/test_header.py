"""The head of a package: its name as the registry shows it, and what people who mind security should know."""

from __future__ import annotations

from uuid import uuid4

from tests.widgets.packages.test_preview import DETAIL, NOW
from tgtui.data.views.facts import VersionFacts
from tgtui.data.views.packages import PackageDetail
from tgtui.output.facts import facts_in_words
from tgtui.registries.base import Facts
from tgtui.syntax.licences import read_licence
from tgtui.widgets.packages.header import header_text

WARNING = (
    "acme-tools is on two indexes, a.example and b.example: pip takes the highest version of all."
)


def test_the_registrys_spelling_and_warnings_are_shown() -> None:
    said = Facts(spelling="Acme_Tools", warnings=(WARNING,))
    facts = VersionFacts(uuid4(), read_licence("MIT"), None, None, None, False, said)
    detail = PackageDetail(**{**DETAIL, "name": "acme-tools", "registry": "pypi"})
    shown = header_text(detail, None, NOW, None, facts).laid_out(200).plain
    assert shown.startswith("Acme_Tools ")
    assert WARNING in shown
    assert dict(facts_in_words(facts))["warning"] == WARNING
    assert header_text(detail, None, NOW).laid_out(200).plain.startswith("acme-tools ")
