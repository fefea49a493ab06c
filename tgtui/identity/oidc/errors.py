"""What can go wrong with a login, each as a sentence for people."""

from __future__ import annotations

from tgtui.basics.errors import TgtuiError, UsageError


class LoginError(TgtuiError):
    """Nobody is logged in by this; the sentence says why and what to do."""


class LoginNotOffered(UsageError, LoginError):
    """The settings name no OpenID provider, or what a login needs is not installed."""


class ProviderTrouble(LoginError):
    """The provider can't be reached or is overloaded: the same may work in a moment."""


class ProviderWrong(LoginError):
    """The provider said something that can't be accepted: asking again changes nothing."""


class LoginDenied(LoginError):
    """The person, or the provider's administrator, said no."""


class CodeExpired(LoginError):
    """Nobody entered the code in time."""


class LoginOver(LoginError):
    """The provider accepts the stored login no longer."""


class StoreError(LoginError):
    """The place where the login is kept can't be used."""


class NoKeyring(StoreError):
    """There is nothing on this machine that a login could be in, or be kept in, safely."""
