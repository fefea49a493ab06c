"""`python -m tests.support.toy_program COMMAND ...` is tgtui with the line for a fifth registry."""

from tgtui.registries import base, registered

assert isinstance(registered.REGISTERED, dict)
registered.REGISTERED["toy"] = "tests.support.toy_registry"
base.REGISTRIES = tuple(registered.REGISTERED)  # made when the package was imported

if __name__ == "__main__":
    # Everything else is imported when the line is there.
    from tgtui.cli import main

    main()
