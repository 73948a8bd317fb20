"""What a call can reach in a submission: the module's own statements, and the functions named from there.

A digest over the syntax trees of these parts stays the same when something else changes: a comment, a blank
line, a docstring, the function next door. The search is by name and takes too much rather than too little: a
function counts as soon as its name occurs anywhere in what is reached, as a variable, an attribute or a
string. Where code can find functions without their names, or can read its own text, the whole text of all
files counts.
"""

from __future__ import annotations

import ast
import hashlib
import sys
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

# Libraries that give a module no way to find its functions without their names, or to read its own text.
_LIBRARIES: Final = frozenset(
    {
        *("numpy", "scipy", "keras", "tensorflow", "sklearn", "matplotlib"),
        *("__future__", "abc", "bisect", "cmath", "collections", "contextlib", "copy", "dataclasses"),
        *("datetime", "decimal", "enum", "fractions", "functools", "heapq", "itertools", "math", "numbers"),
        *("operator", "random", "re", "statistics", "string", "time", "typing"),
    }
)
_BY_ANY_NAME: Final = frozenset({"getattr", "setattr", "delattr", "hasattr"})
"""Fine with a name that stands in the code, and not with a name that is computed."""
_DYNAMIC: Final = frozenset(
    {"globals", "locals", "vars", "dir", "exec", "eval", "compile", "open", "breakpoint", "help"}
)
"""As variables only: a network has a method ``compile`` as well."""
_DYNAMIC_ANYWHERE: Final = frozenset(
    {
        *("sys", "os", "gc", "builtins", "importlib", "inspect", "gfile", "glob", "listdir", "list_files"),
        *("f_globals", "f_locals", "f_back", "f_code", "tb_frame", "tb_lineno", "gi_frame", "cr_frame"),
        *("ag_frame", "co_filename", "co_firstlineno", "attrgetter", "methodcaller", "get_type_hints"),
        *("_sys", "_getframe", "f_lineno", "info", "source"),  # numpy.info reads docstrings
    }
)
_HARMLESS: Final = frozenset(
    f"__{name}__"
    for name in (
        *("main", "name", "version", "future", "class", "init", "new", "post_init", "call", "len", "iter"),
        *("next", "getitem", "setitem", "contains", "enter", "exit", "repr", "str", "eq", "ne", "lt", "le"),
        *("gt", "ge", "hash", "bool", "int", "float", "array", "add", "sub", "mul", "truediv", "matmul"),
        *("neg", "radd", "rsub", "rmul", "iadd", "pow", "author"),
    )
)
_PLAIN: Final = (
    *(ast.Name, ast.Attribute, ast.Constant, ast.Subscript, ast.Tuple, ast.List, ast.BinOp, ast.BitOr),
    *(ast.expr_context, ast.UnaryOp, ast.USub),
)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class _Part:
    """A part of a module that counts as a whole.

    Attributes:
        nodes: its syntax trees.
        function: the function's name; None for what runs when the module is imported.
    """

    nodes: tuple[ast.AST, ...]
    function: str | None = None

    @cached_property
    def text(self) -> str:
        """The syntax trees without positions."""
        return "\0".join(map(ast.dump, self.nodes))

    @cached_property
    def names(self) -> frozenset[str]:
        """Every identifier, and every string that could be one."""
        return frozenset(name for node in self.nodes for name in names_in(node))

    @cached_property
    def imported(self) -> frozenset[str]:
        """The modules that it imports, without what follows the first dot."""
        return frozenset(name for node in self.nodes for name in _imported(node))

    @cached_property
    def is_dynamic(self) -> bool:
        """Whether it can reach what it does not name."""
        return any(map(_is_dynamic, self.nodes))


@dataclass(frozen=True, slots=True)
class Reached:
    """What some calls can reach.

    Attributes:
        functions: the names of the functions.
        digest: SHA-256 over the text of all parts, in hexadecimal.
    """

    functions: frozenset[str]
    digest: str


class Source:
    """The files of a submission.

    Args:
        files: declared file name → text.
    """

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = dict(files)
        self._stems = frozenset(name.removesuffix(".py") for name in files)
        self._modules: dict[str, tuple[_Part, ...] | None] = {}

    def reach(self, module: str, functions: Collection[str]) -> Reached:
        """Return what an import of ``module`` and calls of ``functions`` can reach.

        Args:
            module: the name of a file, without ``.py``.
            functions: the names of the functions that are called.
        """
        found = self._search(module, frozenset(functions))
        if found is None:
            return Reached(frozenset(self.functions), _digest(self._files))
        names = (part.function for _, part in found if part.function is not None)
        texts = {f"{number} {owner}": part.text for number, (owner, part) in enumerate(found)}
        return Reached(frozenset(names), _digest(texts))

    def reach_of(self, functions: Collection[str]) -> Reached:
        """Return what calls of ``functions`` can reach, in whichever module each of them is."""
        found = [self.reach(stem, functions) for stem in sorted(self._stems)]
        names = frozenset[str]().union(*(reached.functions for reached in found))
        return Reached(names, _digest({str(number): one.digest for number, one in enumerate(found)}))

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """The names of all functions at the top of a file, in their order."""
        modules = filter(None, (self._parts(stem) for stem in sorted(self._stems)))
        parts = (part for module in modules for part in module)
        return tuple(dict.fromkeys(part.function for part in parts if part.function is not None))

    def _search(self, module: str, names: frozenset[str]) -> list[tuple[str, _Part]] | None:
        """Return the reached parts, each with its module; None if everything counts."""
        if self._stems & (_LIBRARIES | sys.stdlib_module_names):
            return None  # a library might import such a file
        modules = {module}
        while True:
            found = []
            for owner in sorted(modules):
                if (parts := self._parts(owner)) is None:
                    return None
                found += [(owner, part) for part in parts if part.function is None or part.function in names]
            reached = [part for _, part in found]
            imported = frozenset(name for part in reached for name in part.imported)
            if imported - _LIBRARIES - self._stems or any(self._is_dynamic(part) for part in reached):
                return None
            named = names.union(*(part.names for part in reached))
            if named == names and imported & self._stems <= modules:
                return found
            names, modules = named, modules | (imported & self._stems)

    def _is_dynamic(self, part: _Part) -> bool:
        """Return whether a part can reach what it does not name, or may read a submitted file."""
        return part.is_dynamic or any(file in name for name in part.names for file in self._files)

    def _parts(self, module: str) -> tuple[_Part, ...] | None:
        """Return the parts of a module; None if it is not plain Python."""
        if module not in self._modules:
            text = self._files.get(f"{module}.py")
            self._modules[module] = None if text is None else _read(text)
        return self._modules[module]


@lru_cache(maxsize=8)
def source_of(files: tuple[tuple[str, str], ...]) -> Source:
    """Return the `Source` of files, which are parsed once.

    Args:
        files: pairs of declared file name and text.
    """
    return Source(dict(files))


def _digest(texts: Mapping[str, str]) -> str:
    """Return a SHA-256 over names and texts."""
    whole = hashlib.sha256()
    for name, text in sorted(texts.items()):
        for part in (name, text):
            content = part.encode("utf-8", "surrogatepass")
            whole.update(len(content).to_bytes(8, "big") + content)
    return whole.hexdigest()


def _read(text: str) -> tuple[_Part, ...] | None:
    """Return the parts of a module; None if it cannot be parsed, or not without a warning."""
    try:
        content = text.encode()  # as bytes, because a comment in the first lines may name another encoding
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            tree = _WithoutDocstrings().visit(ast.parse(content))
            compile(content, "submission", "exec", dont_inherit=True)  # finds errors that the parser does not
        parts = tuple(_split(tree))
        _ = [part.text for part in parts]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return None if seen else parts


class _WithoutDocstrings(ast.NodeTransformer):
    """Removes docstrings. Code that reads them is dynamic, see `_is_dynamic`."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)


def _split(tree: ast.Module) -> Iterator[_Part]:
    """Yield the parts of a module, in their order."""
    seen = set[str]()
    for statement in tree.body:
        if _only_as_a_script(statement):
            continue
        if not isinstance(statement, _Function) or not _is_plain(statement):
            seen.clear()
            yield _Part((statement,))
            continue
        for expression in _evaluated_at_import(statement):
            dumped = ast.dump(expression)
            # The same annotation a second time changes nothing.
            if not _is_plain_expression(expression) or dumped not in seen:
                yield _Part((expression,))
                seen.add(dumped)
        yield _Part((statement,), statement.name)


def _is_plain(function: _Function) -> bool:
    """Return whether a function runs only when it is called by its name."""
    special = function.name.startswith("__") or getattr(function, "type_params", None)
    return not function.decorator_list and not special


def _evaluated_at_import(function: _Function) -> Iterator[ast.expr]:
    """Yield the expressions of a definition that are evaluated when the module is imported."""
    arguments = function.args
    every = [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ]
    annotations = [one.annotation for one in every if one is not None]
    for found in (*arguments.defaults, *arguments.kw_defaults, *annotations, function.returns):
        if found is not None and not isinstance(found, ast.Constant):
            yield found


def _is_plain_expression(expression: ast.expr) -> bool:
    """Return whether an expression only looks up names."""
    return all(isinstance(node, _PLAIN) for node in ast.walk(expression))


def _only_as_a_script(statement: ast.stmt) -> bool:
    """Return whether a statement does nothing in a module that is imported: ``if __name__ == "__main__"``."""
    return isinstance(statement, ast.If) and not statement.orelse and ast.dump(statement.test) == _IS_MAIN


_IS_MAIN: Final = ast.dump(ast.parse("__name__ == '__main__'", mode="eval").body)


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes except docstrings: only ``__doc__`` and the like read these, and that is dynamic."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        yield node
        todo += ast.iter_child_nodes(node)


def names_in(tree: ast.AST) -> Iterator[str]:
    """Yield every identifier and every string of a syntax tree, and their parts between dots."""
    for node in _nodes(tree):
        for _, value in ast.iter_fields(node):
            for one in value if isinstance(value, list) else (value,):
                if isinstance(one, str):
                    yield one
                    yield from one.split(".")


def _imported(tree: ast.AST) -> Iterator[str]:
    """Yield the modules that are imported, without what follows the first dot."""
    for node in _nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0] if not node.level else ""


def _is_dynamic(tree: ast.AST) -> bool:
    """Return whether code can reach what it does not name."""
    literal = {
        id(node.func)
        for node in _nodes(tree)
        if isinstance(node, ast.Call)
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
        and not any(isinstance(argument, ast.Starred) for argument in node.args)
    }
    for node in _nodes(tree):
        if isinstance(node, ast.Name):
            if node.id in _DYNAMIC or (node.id in _BY_ANY_NAME and id(node) not in literal):
                return True
            if node.id.startswith("__") and not isinstance(node.ctx, ast.Load):
                return True
        if isinstance(node, ast.MatchAs | ast.MatchStar) and (node.name or "").startswith("__"):
            return True
        if isinstance(node, ast.alias) and (node.name == "*" or (node.asname or "").startswith("__")):
            return True
    lines = [node.lineno for node in _nodes(tree) if isinstance(node, ast.Lambda)]
    if len(lines) > len(set(lines)):  # TensorFlow tells lambdas apart by their lines
        return True
    names = frozenset(names_in(tree))
    special = {name for name in names if name.startswith("__")}
    return bool(special - _HARMLESS or names & _DYNAMIC_ANYWHERE)
