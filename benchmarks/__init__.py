"""Speed next to peers and floors measured in the same run. See README.md."""

import os

# As people run it, with compiled bytecode on disk: else each program that is started compiles everything first.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
