"""`python3 dev.py pictures`: writes the README's pictures anew."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.pictures.scenes import FOLDER, draw_all


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        pictures = asyncio.run(draw_all(Path(home)))
    FOLDER.mkdir(exist_ok=True)
    for name, picture in pictures.items():
        (FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8", newline="\n")
    print(f"wrote {', '.join(pictures)} to {FOLDER}")


if __name__ == "__main__":
    main()
