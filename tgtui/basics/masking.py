"""Hides what must stay secret in a text that is shown: passwords and tokens in addresses and parameters."""

from __future__ import annotations

import re
from urllib.parse import unquote

MASK = "***"

LOGIN = re.compile(r"(?<=://)[^\s/?#]*@")
"""The name of a user may be a token."""
NO_PORT = re.compile(r"(?<=://)[^\s/?#@\[\]]*:(?!\d*(?:[/?#\s]|$))\S*@")
"""A password with a / in it, which cuts the address short for most readers."""
SERVER = re.compile(r"(?:(?:\[[^]]*\]|[^:/?,]*)(?::\d*)?(?:,|(?=[/?]|$)))*(?:[/?].*)?", re.DOTALL)
"""Hosts with ports, and what is behind them."""
KEYWORD = re.compile(r"(\w+)(\s*=\s*)('(?:\\.|[^'\\])*'?|(?:\\.|\S)+)", re.DOTALL)
"""Of libpq's other form: `password = 'a b'`."""
URL = re.compile(r"[^\w]*[\w+]*://")
MISTYPED = re.compile(r":.*@", re.DOTALL)
"""`postgresql:/me:secret@host`, or without the beginning."""
PARAMETER = re.compile(r"(?<![^\s?&;#=,])([^\s?&;#=,]+)=([^\s&;#]+)")
SECRET_KEYWORD = re.compile(
    r"(\b\w{0,20}(?:passw(?:or)?d|pwd)\w{0,20}\s*=\s*)"
    r"('(?:\\.|[^'\\])*'?|(?:\\.|[^&])*?(?=\s+\w+\s*=|&|\"(?:[\s.,:;]|$)|$))",
    re.DOTALL | re.IGNORECASE,
)
"""A password in libpq's other form, inside of any text: it ends with its quotes, else before the next parameter."""
PLAIN_NAME = re.compile(
    r"host|hostaddr|port|user|dbname|service|passfile|options|application_name|fallback_application_name"
    r"|client_encoding|connect_timeout|target_session_attrs|load_balance_hosts|channel_binding|tcp_user_timeout"
    r"|keepalives(_idle|_interval|_count)?|ssl|ssl(mode|cert|key|rootcert|crl|crldir|sni|certmode|negotiation)"
    r"|requirepeer|require_auth|gssencmode|krbsrvname|replication"
)
"""Parameters of a database's address whose values may be shown."""
SECRET_NAME = re.compile(
    r"passw(?:or)?d|pwd|secret|token|credential|signature|api[_-]?key"
    r"|^(?:key|auth|pass|pw|sig)$",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """The text with `***` in place of each secret."""
    text = NO_PORT.sub(f"{MASK}@", LOGIN.sub(f"{MASK}@", text))
    return PARAMETER.sub(_parameter, SECRET_KEYWORD.sub(rf"\1{MASK}", text))


def masked_database(address: str) -> str:
    """The same of a database's address, whose user is no secret. Rather too much is masked than too little."""
    scheme, _, rest = address.partition("://")
    if URL.match(address) is None:
        return _masked_keywords(MISTYPED.sub(f":{MASK}@", address))
    if scheme.strip().lower().startswith("sqlite"):
        return address
    login, at, server = rest.rpartition("@")
    user, colon, _ = login.partition(":")
    if re.search(r"[/?]", user):
        user = MASK
    elif colon:
        user = f"{user}:{MASK}"
    if SERVER.fullmatch(server) is None:  # an address without a host, or a password's end
        name, colon, _ = server.partition(":")
        server = f"{name}:{MASK}" if colon and not at else MASK
    path, question, query = server.partition("?")
    user, path = (PARAMETER.sub(_parameter, each) for each in (user, path))  # both forms in one
    parameters = "&".join(map(_whole_parameter, query.split("&")))
    return f"{scheme}://{user}{at}{path}{question}{parameters}"


def _masked_keywords(text: str) -> str:
    """Of libpq's other form; what is behind a value belongs to it, as an unquoted password's second word."""
    shown: list[str] = []
    end = 0
    for found in KEYWORD.finditer(text):
        shown += [_between(text[end : found.start()], is_first=not end), found[1], found[2]]
        shown.append(found[3] if _is_plain(found[1], found[3]) else MASK)
        end = found.end()
    return "".join([*shown, _between(text[end:], is_first=not end)])


def _between(text: str, *, is_first: bool) -> str:
    return text if is_first or not text.strip() else f" {MASK} "


def _parameter(found: re.Match[str]) -> str:
    is_secret = SECRET_NAME.search(unquote(found[1])) or _has_secret(unquote(found[2]))
    return f"{found[1]}={MASK}" if is_secret else found[0]


def _whole_parameter(text: str) -> str:
    name, equals, value = text.partition("=")
    if not equals:
        return MASK if text else ""
    return text if _is_plain(unquote(name), unquote(value)) else f"{name}={MASK}"


def _is_plain(name: str, value: str) -> bool:
    """A parameter whose value may be shown. One that is unknown may be a password's, mistyped."""
    return PLAIN_NAME.fullmatch(name) is not None and not _has_secret(value)


def _has_secret(value: str) -> bool:
    """Such as one of the settings in `options`."""
    return PARAMETER.sub(_parameter, value) != value
