"""Sentences for what a disk, a store or a catalog refuses."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
import requests
from pyiceberg import exceptions as iceberg

from tgtui.analytics.catalogs.refusals import refusal, refusals, storage_trouble
from tgtui.analytics.errors import AnalyticsError
from tgtui.analytics.place import Place
from tgtui.basics.settings import AnalyticsSettings

LOCAL = Place(AnalyticsSettings(), Path("/data/analytics"))
SHARED = Place(
    AnalyticsSettings(catalog="rest", uri="https://me:s3cr3t@polaris.example/api/catalog"),
    Path("/data/analytics"),
    "id:s3cr3t",
)
DOING, RIGHT = "write the table packages", "TABLE_WRITE_DATA"


@pytest.mark.parametrize(
    ("error", "place", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), LOCAL, "The disk is full; free some space"),
        (OSError("Error writing bytes to file. Detail: [errno 28] No space left"), LOCAL, "The disk is full"),
        (PermissionError("Cannot create directory '/wh/data'"), SHARED, "run tgtui as the server's user"),
        (PermissionError(errno.EACCES, "x"), LOCAL, "you have no permission"),
        (OSError("When reading: AWS Error ACCESS_DENIED during PutObject"), SHARED, "AWS_ACCESS_KEY_ID"),
        (OSError("AWS Error NETWORK_CONNECTION during PutObject"), SHARED, "Check it, and try again"),
    ],
)  # fmt: skip
def test_what_a_disk_or_a_store_refuses(error: OSError, place: Place, said: str) -> None:
    assert said in storage_trouble(error, place, DOING)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (requests.exceptions.SSLError("x"), "analytics.ca_file"),
        (requests.ReadTimeout("x"), "did not answer in time"),
        (iceberg.ForbiddenError("ForbiddenException: ... is not in the list of allowed locations: Invalid locations '[/x]'"), "Choose another analytics.namespace"),
        (iceberg.ForbiddenError("ForbiddenError: RestError: Forbidden"), f"it lacks the right {RIGHT}"),
        (iceberg.ServiceUnavailableError("ServiceUnavailableError: x"), "Look into its log"),
        (iceberg.TooManyRequestsError("x"), "asks for patience"),
        (iceberg.RESTError("RESTError: RestError: Request Entity Too Large"), "quarkus.http.limits.max-body-size"),
        (iceberg.UnauthorizedError("UnauthorizedError: RestError: Unauthorized"), "does not accept its token any more"),
        (iceberg.BadRequestError("ValidationException: Invalid snapshot timestamp 1: before last snapshot timestamp 2"), "set the clock right"),
        (iceberg.RESTError("OddException: \x1b[31modd"), "refused to write the table packages"),
        (iceberg.RESTError("NoSuchTableException: Table does not exist"), "has lost what was needed to write the table packages"),
    ],
)  # fmt: skip
def test_what_a_catalog_refuses(error: Exception, said: str) -> None:
    sentence = refusal(error, SHARED, DOING, RIGHT)
    assert said in sentence
    assert "s3cr3t" not in sentence
    assert "\x1b" not in sentence


def test_a_mistake_of_the_program_stays_one() -> None:
    with pytest.raises(KeyError), refusals(LOCAL, DOING, RIGHT):
        raise KeyError("x")


def test_an_error_of_the_local_catalog_is_a_sentence() -> None:
    from sqlalchemy.exc import OperationalError

    full = OperationalError("UPDATE", {}, Exception("database or disk is full"))
    with pytest.raises(AnalyticsError, match="The disk is full"), refusals(LOCAL, DOING, RIGHT):
        raise full
