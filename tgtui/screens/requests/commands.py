"""What people can do on the requests screen, one class each, as in `base/commands`."""

from __future__ import annotations

from tgtui.screens.base.commands import Command


class UnfoldChain(Command):
    """Show or hide what was queued because of the request"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.toggle", "space", "unfold", "unfold", True


class RetryRequest(Command):
    """Try the request again now"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.retry", "r", "retry", "retry", True


class CancelRequest(Command):
    """Cancel the request, if nobody works on it yet"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.cancel", "c", "cancel", "cancel", True


class CancelChain(Command):
    """Cancel all that is still queued of the request's chain"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.cancel_chain", "C", "cancel_chain", "chain", True


class OpenRequested(Command):
    """Open the package of the request"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.open", "o,p", "open_package", "package", True


class FilterRequests(Command):
    """Narrow the requests by their state"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.filter", "f", "filter", "filter", True


class MineOrAll(Command):
    """Show your own requests, or everybody's"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.mine", "m", "mine", "mine/all", True
