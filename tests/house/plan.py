"""Reads the code of the program, without running it, and counts what decides how easily it is found and changed."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROGRAM = "tgtui"
SCREENS = frozenset({"App", "Screen", "ModalScreen"})
"""Textual's own; their subclasses in the program count too."""
KEPT = frozenset({"_screen", "_app"})
"""Attributes in which a class would keep a screen or the app."""
KEPT_BY_WIDGETS = frozenset({"_pane", "_widget"})
"""Attributes in which only a widget may keep another."""
WIDGET_MODULES = frozenset(
    f"textual.{name}"
    for name in ("app", "containers", "screen", "scroll_view", "widget", "widgets")
)
"""Where Textual's own widgets come from; their subclasses in the program count too."""
NOT_THE_THING = frozenset({"type", "Callable"})
"""`type[Screen]` is no screen; nor is a function that takes one."""
LONG_FILE = 500
"""Lines."""

Imports = Counter[tuple[str, str]]
"""How often one imports another."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that was counted."""

    modules: Mapping[str, int]
    """Lines of each, by dotted name."""
    imports: Imports
    """Between modules, those only for types included."""
    takes_screen: tuple[str, ...]
    """Functions and methods with a parameter that is a screen or the app: `module:Class.method(parameter)`."""
    keeps_screen: tuple[str, ...]
    """Attributes that keep one."""
    keeps_widget: tuple[str, ...]
    """Attributes that keep a widget in a class that is none: `module:Class._pane`."""
    folders: Mapping[str, int]
    """Entries of each."""

    @property
    def module_circles(self) -> list[list[str]]:
        """Modules that import each other, directly or not."""
        return circles(self.modules, self.imports)

    @property
    def room_circles(self) -> list[list[str]]:
        """The same of neighbours in a folder, each with all that is in it."""
        found = []
        for folder in sorted({parent for name in self.modules for parent in parents(name)}):
            imports = self.between_rooms(folder)
            found += circles({room for pair in imports for room in pair}, imports)
        return found

    @property
    def long_files(self) -> list[tuple[str, int]]:
        return sorted((name, lines) for name, lines in self.modules.items() if lines > LONG_FILE)

    def between_rooms(self, folder: str) -> Imports:
        """Imports between the direct children of a folder."""
        rooms: Imports = Counter()
        for (importer, imported), count in self.imports.items():
            pair = child_of(folder, importer), child_of(folder, imported)
            if pair[0] and pair[1] and pair[0] != pair[1]:
                rooms[pair] += count
        return rooms


def read_plan(checkout: Path) -> Plan:
    """Of the program in a checkout."""
    root = checkout / PROGRAM
    files = sorted(root.rglob("*.py"))
    trees = {module_name(checkout, file): ast.parse(file.read_bytes()) for file in files}
    screens = subclasses(trees.values(), SCREENS)
    own = {name for tree in trees.values() for name in textual_widgets(tree)}
    widgets = subclasses(trees.values(), own)
    imports: Imports = Counter()
    for name, tree in trees.items():
        imports.update((name, other) for other in imported(tree, trees) if other != name)
    return Plan(
        {module_name(checkout, file): len(file.read_bytes().splitlines()) for file in files},
        imports,
        tuple(each for name, tree in trees.items() for each in taking(name, tree, screens)),
        tuple(each for name, tree in trees.items() for each in keeping(name, tree)),
        tuple(each for name, tree in trees.items() for each in keeping_widget(name, tree, widgets)),
        {
            str(folder.relative_to(checkout)): sum(is_entry(each) for each in folder.iterdir())
            for folder in (root, *(each for each in root.rglob("*") if each.is_dir()))
            if is_entry(folder)
        },
    )


def module_name(checkout: Path, file: Path) -> str:
    parts = file.relative_to(checkout).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_entry(path: Path) -> bool:
    """What people look for in a folder."""
    return path.name not in {"__pycache__", "__init__.py", "py.typed"}


@cache
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree))


def imported(tree: ast.AST, modules: Mapping[str, object]) -> Iterator[str]:
    """Each import of a module of the program, wherever it stands. The program has no relative ones."""
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif (
            isinstance(node, ast.ImportFrom) and node.module is not None and node.module in modules
        ):
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from (inside & modules.keys()) or {node.module}


def textual_widgets(tree: ast.Module) -> Iterator[str]:
    """Names of the widgets that a module imports from Textual."""
    for node in nodes(tree):
        if isinstance(node, ast.ImportFrom) and node.module in WIDGET_MODULES:
            yield from (alias.name for alias in node.names)


def subclasses(trees: Iterable[ast.Module], roots: Iterable[str]) -> frozenset[str]:
    """Names of these classes and of all that inherit from them."""
    bases: dict[str, set[str]] = {}
    for tree in trees:
        for node in nodes(tree):
            if isinstance(node, ast.ClassDef):
                bases.setdefault(node.name, set()).update(map(base_name, node.bases))
    found = set(roots)
    while more := {name for name, own in bases.items() if own & found} - found:
        found |= more
    return frozenset(found)


def base_name(node: ast.expr) -> str:
    """`Screen` of `Screen[None]` and of `screen.Screen`."""
    if isinstance(node, ast.Subscript):
        return base_name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def taking(module: str, tree: ast.Module, screens: frozenset[str]) -> Iterator[str]:
    """The parameters that are a screen or the app."""
    for owner, function in functions(tree):
        arguments = function.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if argument.annotation is not None and names_in(argument.annotation) & screens:
                yield f"{module}:{owner}{function.name}({argument.arg})"


def functions(
    node: ast.AST, owner: str = ""
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Each, with what it stands in."""
    for child in ast.iter_child_nodes(node):
        inside = owner
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield owner, child
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = f"{owner}{child.name}."
        yield from functions(child, inside)


def names_in(annotation: ast.expr) -> set[str]:
    """The types a value of this annotation may have."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return names_in(ast.parse(annotation.value, mode="eval").body)
    if isinstance(annotation, ast.BinOp):
        return names_in(annotation.left) | names_in(annotation.right)
    if isinstance(annotation, ast.Subscript) and base_name(annotation) == "Optional":
        return names_in(annotation.slice)
    return {base_name(annotation)} - NOT_THE_THING


def keeping(module: str, tree: ast.Module) -> Iterator[str]:
    """Where `self._screen` or `self._app` is set."""
    yield from (f"{module}:{name}" for name in set_on_self(tree) if name in KEPT)


def keeping_widget(module: str, tree: ast.Module, widgets: frozenset[str]) -> Iterator[str]:
    """Where `self._pane` or `self._widget` is set in a class that is no widget."""
    for node in nodes(tree):
        if isinstance(node, ast.ClassDef) and node.name not in widgets:
            kept = (name for name in set_on_self(node) if name in KEPT_BY_WIDGETS)
            yield from (f"{module}:{node.name}.{name}" for name in kept)


def set_on_self(tree: ast.AST) -> Iterator[str]:
    """The attributes."""
    for node in nodes(tree):
        if not (isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)):
            continue
        if base_name(node.value) == "self":
            yield node.attr


def parents(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def child_of(folder: str, name: str) -> str:
    """The direct child of the folder in which the module is; empty if it is elsewhere."""
    if not name.startswith(f"{folder}."):
        return ""
    return f"{folder}.{name.removeprefix(f'{folder}.').partition('.')[0]}"


def circles(names: Iterable[str], imports: Imports) -> list[list[str]]:
    """Groups in which each reaches each (Tarjan's strongly connected components, of two or more)."""
    after: dict[str, list[str]] = {name: [] for name in names}
    for importer, other in imports:
        after[importer].append(other)
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        number[name] = low[name] = len(number)
        path.append(name)
        for other in after[name]:
            if other not in number:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in path:
                low[name] = min(low[name], number[other])
        if low[name] == number[name]:
            start = path.index(name)
            group, path[start:] = path[start:], []
            if len(group) > 1:
                found.append(sorted(group))

    for name in sorted(after):
        if name not in number:
            visit(name)
    return sorted(found)
