"""What can go wrong with a login, each as a sentence for people."""

from __future__ import annotations

from tgtui.basics.errors import TgtuiError, UsageError


class LoginError(TgtuiError):
    """The login failed; the sentence says why, with a remedy."""


class LoginNotOffered(UsageError, LoginError):
    """The settings name no OpenID provider, or what a login needs is not installed."""


class ProviderTrouble(LoginError):
    """The provider can't be reached or is overloaded: the same may work in a moment."""


class ProviderWrong(LoginError):
    """The provider's answer can't be accepted: asking again changes nothing."""


class TokenRefused(ProviderWrong):
    """An id token that does not count; the person's login is not confirmed by it."""


class TokenExpired(TokenRefused):
    """An id token that is right in everything but its age."""


class LoginDenied(LoginError):
    """The person, or the provider's administrator, declined."""


class CodeExpired(LoginError):
    """The code was not entered in time."""


class LoginOver(LoginError):
    """The provider no longer accepts the stored login."""


class StoreError(LoginError):
    """The place where the login is kept can't be used."""


class NoKeyring(StoreError):
    """This machine has no safe place to keep a login."""
