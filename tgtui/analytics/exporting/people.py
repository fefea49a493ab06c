"""Pseudonyms of people: the same for the same account, and no way back without the key."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from uuid import UUID

from tgtui.analytics.errors import AnalyticsError
from tgtui.analytics.place import Place
from tgtui.basics.files.private import make_folder, write
from tgtui.basics.files.trouble import why

FILE = "pseudonyms.key"
KEY_BYTES = 32
DIGEST_BYTES = 8
"""Of a pseudonym, which is written as twice as many digits."""


def pseudonym(key: bytes, account_id: UUID) -> str:
    """16 hexadecimal digits."""
    return hashlib.blake2b(account_id.bytes, digest_size=DIGEST_BYTES, key=key).hexdigest()


def key_of(place: Place) -> bytes:
    """The settings' key, else the one in the data folder, made when it is missing. AnalyticsError."""
    if place.settings.pseudonym_key is not None:
        return hashlib.sha256(place.settings.pseudonym_key.encode()).digest()
    path = place.folder / FILE
    try:
        make_folder(place.folder)
        if not path.exists():
            with suppress(FileExistsError):  # another program was faster
                write(path, secrets.token_bytes(KEY_BYTES))
        key = path.read_bytes()
    except OSError as error:
        raise AnalyticsError(f"The key of pseudonyms {path} can't be used: {why(error)}.") from None
    if len(key) != KEY_BYTES:
        raise AnalyticsError(
            f"The key of pseudonyms {path} is damaged; delete the file, and all interactions are exported anew."
        )
    return key
