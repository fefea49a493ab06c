"""Where node and npm are installed, npm's own modules answer fresh random questions as we do."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import generate
from tests.oracle.answers import ask_npm, differences, missing_npm
from tests.oracle.questions import registry_only
from tests.support.mass import mass
from tgtui.versions.npm.semver import parse_version


@pytest.fixture(scope="module", autouse=True)
def npm() -> None:
    if reason := missing_npm():
        pytest.skip(reason)


def _questions(rng: random.Random) -> dict[str, Any]:
    versions = [generate.version(rng) for _ in range(60)]
    valid = [text for text in versions if parse_version(text)]
    return {
        "parse": [generate.version(rng, odd=0.5) for _ in range(300)],
        "compare": [[rng.choice(valid), rng.choice(valid)] for _ in range(300)],
        "satisfies": {
            "ranges": [generate.version_range(rng, odd=0.2) for _ in range(150)],
            "versions": versions,
        },
        "engines": {
            "ranges": [generate.version_range(rng, odd=0.2) for _ in range(100)],
            "versions": versions,
        },
        "pairs": [[generate.version(rng), generate.version_range(rng)] for _ in range(500)],
        "specifiers": [["x", generate.specifier(rng)] for _ in range(500)],
        "names": [generate.name(rng) for _ in range(200)],
        "picks": [registry_only(generate.packument(rng)) for _ in range(20)],
    }


@pytest.mark.parametrize("seed", mass(0, full=[1, 2]))
def test_npm_gives_the_same_answers_to_random_questions(seed: int) -> None:
    questions = _questions(random.Random(seed))
    assert list(differences(questions, ask_npm(questions))) == []


_GRAMMAR = st.text(alphabet="0123456789.xX*^~<>=|- v+abc\t\u00a0\u0085", max_size=24)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(_GRAMMAR, min_size=60, max_size=60), seed=st.integers(0, 10_000))
def test_npm_reads_any_text_as_we_do(texts: list[str], seed: int) -> None:
    rng = random.Random(seed)
    versions = [*texts, *(generate.version(rng) for _ in range(30))]
    questions = {
        "parse": texts,
        "satisfies": {"ranges": texts, "versions": versions},
        "engines": {"ranges": texts, "versions": versions},
        "specifiers": [["x", text] for text in texts],
        "names": texts,
    }
    assert list(differences(questions, ask_npm(questions))) == []
