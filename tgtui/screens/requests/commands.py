"""The commands of the requests screen."""

from __future__ import annotations

from tgtui.screens.base.commands import Command


class UnfoldChain(Command):
    """Show or hide the dependencies queued for it"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.toggle", "space", "unfold", "unfold", True


class RetryRequest(Command):
    """Try the request again now"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.retry", "r", "retry", "retry", True


class CancelRequest(Command):
    """Cancel the request, if it is still queued"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.cancel", "c", "cancel", "cancel", True


class CancelChain(Command):
    """Cancel everything in the request's chain that is still queued"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.cancel_chain", "C", "cancel_chain", "chain", True


class OpenRequested(Command):
    """Open the package of the request"""

    ID, KEY, ACTION, LABEL = "requests.open", "p", "open_package", "package"


class FilterRequests(Command):
    """Filter the requests by state"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.filter", "f", "filter", "filter", True


class MineOrAll(Command):
    """Show your own requests, or everyone's"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.mine", "m", "mine", "mine/all", True
