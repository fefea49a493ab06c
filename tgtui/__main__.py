"""`python -m tgtui` is `tgtui`."""

from tgtui.cli import main

main()
