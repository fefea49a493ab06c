"""What tests of widgets share; their sentences name keys of screens."""

import tgtui.screens.app
import tgtui.screens.package.screen
import tgtui.screens.requests.screen
import tgtui.screens.search.screen  # noqa: F401 - their bindings
from tests.screens.settling import exact_waits  # noqa: F401 - for all of them
