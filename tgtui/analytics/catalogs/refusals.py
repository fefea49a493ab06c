"""Turns what a catalog or a storage refuses into a sentence that says what to do, and which right is missing."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from pyiceberg import exceptions as iceberg

from tgtui.analytics.errors import AnalyticsError, CatalogRefused
from tgtui.analytics.place import Place
from tgtui.basics.files.trouble import why
from tgtui.basics.masking import masked
from tgtui.basics.text import clean

MAX_SAID = 300
"""Characters of what a server said."""
FULL = re.compile(r"No space left on device|errno 28|disk quota|disk is full", re.IGNORECASE)
DENIED = re.compile(
    r"ACCESS_DENIED|INVALID_ACCESS_KEY|SIGNATURE|No AWS|Forbidden|credentials", re.IGNORECASE
)


@contextmanager
def refusals(place: Place, doing: str, right: str) -> Iterator[None]:
    """Around one request: `doing` is `create the table packages`, `right` Polaris' name of what it needs."""
    try:
        yield
    except AnalyticsError:
        raise
    except (requests.RequestException, iceberg.RESTError) as error:
        raise CatalogRefused(refusal(error, place, doing, right)) from error
    except OSError as error:
        raise AnalyticsError(storage_trouble(error, place, doing)) from error
    except (iceberg.NoSuchTableError, iceberg.NoSuchNamespaceError) as error:
        # Dropped meanwhile, or the server forgot all at a restart.
        raise AnalyticsError(gone(place, doing)) from error
    except NotImplementedError as error:
        raise CatalogRefused(
            f"The catalog {masked(place.settings.uri or '')} is too old to {doing}; update it."
        ) from error
    except Exception as error:
        # Of the local catalog's SQLite, which only `data` may know.
        if not type(error).__module__.startswith("sqlalchemy."):
            raise
        raise AnalyticsError(storage_trouble(OSError(str(error)), place, doing)) from error


def refusal(error: Exception, place: Place, doing: str, right: str) -> str:
    """A sentence for an error of the REST catalog."""
    catalog = f"The catalog {masked(place.settings.uri or '')}"
    said = clean(str(error), MAX_SAID).rstrip(".")
    if isinstance(error, requests.exceptions.SSLError):
        return f"{catalog} has a certificate that is not trusted; name its authority in analytics.ca_file."
    if isinstance(error, requests.Timeout):
        return f"{catalog} did not answer in time; try again later."
    if isinstance(error, requests.RequestException):
        return f"{catalog} can't be reached; check analytics.uri and the server."
    if isinstance(error, iceberg.OAuthError):
        return _login_refused(catalog, said, place)
    if isinstance(error, iceberg.UnauthorizedError | iceberg.AuthorizationExpiredError):
        if place.credential is None:
            return (
                f"{catalog} wants a login: set TGTUI_ANALYTICS_CREDENTIAL to `client id:client secret`,"
                " or keep it in the keyring (docs/analytics.md)."
            )
        return f"{catalog} does not accept its token any more; check analytics.credential, then try again."
    if isinstance(error, iceberg.ForbiddenError):
        return _forbidden(catalog, said, place, doing, right)
    if "Unable to find warehouse" in said or "Please specify a warehouse" in said:
        wanted = place.settings.warehouse or "none"
        return f"{catalog} has no such warehouse ({wanted}); set analytics.warehouse to the name of one."
    if "Missing or invalid realm" in said:
        wanted = place.settings.realm or "none"
        return f"{catalog} has no such realm ({wanted}); set analytics.realm to the name of one."
    if "NoSuchTableException" in said or "NoSuchNamespaceException" in said:
        return gone(place, doing)
    if "Credential vending was requested" in said:
        return (
            f"{catalog} has no credentials of its storage to give; set analytics.access_delegation to none,"
            " and give this machine credentials of its own."
        )
    if isinstance(error, iceberg.ServerError | iceberg.ServiceUnavailableError):
        return f"{catalog} failed when it was asked to {doing}: {said}. Look into its log, and try again later."
    if isinstance(error, iceberg.TooManyRequestsError):
        return f"{catalog} asks for patience; try again later."
    if "Too Large" in said:
        return (
            f"{catalog} takes no request as large as one to {doing}; raise its limit (of Polaris:"
            " quarkus.http.limits.max-body-size)."
        )
    if "Invalid snapshot timestamp" in said:
        return f"{catalog} has a newer snapshot than this machine's clock admits; set the clock right, then try again."
    if re.search(r"\b404\b|Could not decode|unexpected JSON", said):
        return (
            f"{catalog} does not answer as an Iceberg REST catalog; check analytics.uri, which ends before /v1:"
            " Polaris' is https://host/api/catalog."
        )
    return f"{catalog} refused to {doing}: {said}."


def _login_refused(catalog: str, said: str, place: Place) -> str:
    if said.startswith("invalid_scope"):
        return (
            f"{catalog} does not know the scope {place.settings.scope}; set analytics.scope (of Polaris:"
            " PRINCIPAL_ROLE:ALL)."
        )
    if said.startswith(("unauthorized_client", "invalid_client")):
        return (
            f"{catalog} does not know this client id with this secret; check analytics.credential."
        )
    if "realm" in said:
        return f"{catalog} has no such realm; set analytics.realm to the name of one."
    return f"{catalog} refused the login: {said}. Check analytics.credential, token_uri and scope."


def _forbidden(catalog: str, said: str, place: Place, doing: str, right: str) -> str:
    if "WRITE_DELEGATION" in said or "READ_DELEGATION" in said:
        return (
            f"{catalog} does not let this login {doing} with credentials of its storage: it lacks the right"
            f" {right} together with TABLE_WRITE_DATA. Ask its administrator for them, or set"
            " analytics.access_delegation to none."
        )
    if "Invalid locations" in said or "conflicts with existing table or namespace" in said:
        return (
            f"{catalog} does not let this login {doing}, because of where its files would be: {said}."
            " Choose another analytics.namespace, or ask its administrator."
        )
    if "Unable to purge" in said:
        return f"{catalog} does not purge tables; ask its administrator to remove their files."
    return (
        f"{catalog} does not let this login {doing}: it lacks the right {right}."
        " Ask its administrator to grant it (docs/analytics.md)."
    )


def gone(place: Place, doing: str) -> str:
    """A sentence for a table that was there and is not any more."""
    whose = (
        "The local catalog" if place.is_local else f"The catalog {masked(place.settings.uri or '')}"
    )
    return f"{whose} has lost what was needed to {doing}: someone dropped it, or the server forgot it. Export again."


def storage_trouble(error: OSError, place: Place, doing: str) -> str:
    """A sentence for an error of a disk or a store like S3."""
    said = clean(str(error), MAX_SAID).rstrip(".")
    if error.errno == errno.ENOSPC or FULL.search(said):
        return "The disk is full; free some space. The tables are as they were."
    if isinstance(error, PermissionError) and not place.is_local:
        return (
            f"Not allowed to {doing}: {said}. The catalog's server and this machine both write the tables' files:"
            " run tgtui as the server's user, or use a store such as S3."
        )
    if "AWS Error" in said or "s3" in said.lower():
        if DENIED.search(said):
            return (
                f"The store of the tables refused to {doing}: {said}. Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"
                " and AWS_ENDPOINT_URL, or analytics.access_delegation to vended-credentials."
            )
        return f"The store of the tables could not be used to {doing}: {said}. Check it, and try again."
    return f"Could not {doing}: {why(error)}."
