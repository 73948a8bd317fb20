"""Which of a student's functions a check calls, read from the checks' source; what `check --only` means."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from autograder.homework import SHARED_FIXTURES, Homework, HomeworkError, helper_modules
from autograder.judging.check_spec import CheckSpec
from autograder.known.reach import Source, names_in


class UnknownName(HomeworkError):  # noqa: N818 - says what was asked
    """What was asked for is neither a check nor a function that a check calls."""


class CheckSources:
    """The source of a homework's checks, with their fixtures and helpers.

    A check names the functions that it calls as strings. The search follows names from the check to fixtures,
    helpers and constants, so it finds too many functions rather than too few.

    Args:
        homework: the homework.
    """

    def __init__(self, homework: Homework) -> None:
        self._homework = homework

    @cached_property
    def _named(self) -> dict[str, frozenset[str]]:
        """Name of a function, class or constant → all identifiers and strings in its definitions."""
        found: dict[str, frozenset[str]] = {}
        for name, node in self._definitions():
            found[name] = found.get(name, frozenset()).union(names_in(node))
        return found

    def _definitions(self) -> Iterator[tuple[str, ast.AST]]:
        shared = self._homework.folder / SHARED_FIXTURES
        helpers = helper_modules(self._homework).values()
        for path in (*self._homework.check_files, shared, *helpers):
            for statement in ast.parse(path.read_bytes()).body if path.is_file() else ():
                if isinstance(statement, ast.FunctionDef):
                    for node in (statement.args, *statement.body):  # a marker names other checks
                        yield statement.name, node
                elif isinstance(statement, ast.ClassDef):
                    yield statement.name, statement
                elif isinstance(statement, ast.Assign | ast.AnnAssign):
                    for target in ast.walk(statement):
                        if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store):
                            yield target.id, statement

    def functions(self, check: str, known: Collection[str]) -> frozenset[str]:
        """Return the functions that a check calls.

        Args:
            check: identifier of the check.
            known: the names of the student's functions.
        """
        names, todo = set[str](), [f"test_{check.partition('[')[0]}"]
        while todo:
            new = self._named.get(todo.pop(), frozenset()) - names
            names |= new
            todo += new
        return frozenset(names.intersection(known))


def asked_checks(
    asked: Iterable[str],
    checks: Sequence[CheckSpec],
    sources: CheckSources,
    source: Source,
    unread: Sequence[str] = (),
) -> frozenset[str]:
    """Return the identifiers of the checks that were asked for.

    Args:
        asked: identifiers of checks, and names of the student's functions. A function means the checks that
            call it; if there are none, those that call a function which can reach it.
        checks: all checks.
        sources: the checks' source.
        source: the student's files.
        unread: a sentence about each file of the student that is missing or no Python: its functions are not
            known.

    Raises:
        UnknownName: there is no such check or function; the message lists what there is, or says what keeps
            a file from being read.
    """
    calls = {check.id: sources.functions(check.id, source.functions) for check in checks}
    return frozenset().union(*(_one(name, calls, source, unread) for name in asked))


def unread_files(texts: Mapping[str, str], missing: Mapping[str, str]) -> list[str]:
    """Return a sentence about each file of a student in which no function can be found.

    Args:
        texts: file → its text.
        missing: file → why it could not be read.
    """
    sentences = list(missing.values())
    for name, text in texts.items():
        try:
            ast.parse(text)
        except SyntaxError as error:
            sentences.append(f"SyntaxError in line {error.lineno} of {name}: {error.msg}.")
        except (ValueError, RecursionError, MemoryError) as error:  # such as a null byte
            sentences.append(f"{name} is not Python: {error}.")
    return sentences


def _one(
    name: str, calls: dict[str, frozenset[str]], source: Source, unread: Sequence[str]
) -> frozenset[str]:
    """Return the checks that one name means."""
    if name in calls:
        return frozenset({name})
    if called := frozenset(check for check, functions in calls.items() if name in functions):
        return called
    if name in source.functions:
        found = (check for check, functions in calls.items() if name in source.reach_of(functions).functions)
        if reaching := frozenset(found):
            return reaching
        raise UnknownName(f"No public check calls {name}. {_choice(calls)}")
    if unread:
        raise UnknownName(f"{name} was not found. {' '.join(unread)}")
    raise UnknownName(f"Expected a check or one of your functions. Received: {name!r}. {_choice(calls)}")


def _choice(calls: dict[str, frozenset[str]]) -> str:
    """Return what can be asked for."""
    functions = dict.fromkeys(function for called in calls.values() for function in sorted(called))
    return f"Checks: {', '.join(calls)}. Functions: {', '.join(functions) or '(none yet)'}."
