"""Draws the rooms of a folder and the imports between them: as text, or as a Mermaid flowchart."""

from __future__ import annotations

from collections.abc import Iterator

from tests.house.plan import PROGRAM, Imports, Plan, circles


def drawn(plan: Plan, folder: str = PROGRAM) -> Iterator[str]:
    """Levels, top to bottom: a room imports only from lower levels, except for circles."""
    imports = plan.between_rooms(folder)
    for number, rooms in enumerate(levels(imports)):
        yield f"level {number + 1}"
        for room in rooms:
            below = sorted((other, count) for (one, other), count in imports.items() if one == room)
            told = ", ".join(f"{short(other)} {count}" for other, count in below)
            yield f"  {short(room):12} -> {told}" if told else f"  {short(room)}"


def mermaid(plan: Plan, folder: str = PROGRAM) -> Iterator[str]:
    """For a Markdown file."""
    imports = plan.between_rooms(folder)
    yield "flowchart TD"
    for rooms in levels(imports):
        yield from (f"    {short(room)}" for room in rooms)
    for (importer, other), count in sorted(imports.items()):
        yield f"    {short(importer)} -->|{count}| {short(other)}"


def levels(imports: Imports) -> list[list[str]]:
    """Rooms by how long the longest way down from each is. A circle is as high as its highest."""
    rooms = {room for pair in imports for room in pair}
    circle_of = {room: group[0] for group in circles(rooms, imports) for room in group}
    below: dict[str, set[str]] = {circle_of.get(room, room): set() for room in rooms}
    for importer, other in imports:
        one, two = circle_of.get(importer, importer), circle_of.get(other, other)
        if one != two:
            below[one].add(two)
    heights: dict[str, int] = {}

    def height(room: str) -> int:
        if room not in heights:
            heights[room] = 1 + max((height(other) for other in below[room]), default=-1)
        return heights[room]

    highest = max((height(room) for room in below), default=-1)
    return [
        sorted(room for room in rooms if heights[circle_of.get(room, room)] == level)
        for level in range(highest, -1, -1)
    ]


def short(room: str) -> str:
    return room.rpartition(".")[2]


def counted(plan: Plan, widest: int = 5) -> Iterator[str]:
    """Every figure in a line, and below it what it counts."""
    yield f"{len(plan.modules)} modules, {sum(plan.modules.values()):,} lines"
    for what, found in (
        ("circles of imports between modules", [" ".join(each) for each in plan.module_circles]),
        ("circles between neighbouring rooms", [" ".join(each) for each in plan.room_circles]),
        ("parameters that are a screen or the app", plan.takes_screen),
        ("attributes that keep a screen or the app", plan.keeps_screen),
        ("attributes that keep a widget in a class that is none", plan.keeps_widget),
        ("files of more than 500 lines", [f"{name} {lines}" for name, lines in plan.long_files]),
    ):
        yield f"{len(found)} {what}"
        yield from (f"  {each}" for each in found)
    folders = sorted(plan.folders.items(), key=lambda each: (-each[1], each[0]))
    yield f"{folders[0][1]} entries in the widest folder"
    yield from (f"  {name} {entries}" for name, entries in folders[:widest])
