"""Reads picamera2's own source, and which parts of it our source uses.

picamera2 needs libcamera and cannot be installed where the tests run; its
source distribution can be read anywhere.
"""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

VERSION = "0.3.38"
CACHE = Path(__file__).parents[3] / ".cache" / "picamera2"
LIMIT_S = 180


def fetch() -> dict[str, str]:
    """Return picamera2's modules, file name to text; skips the test where it is out of reach."""
    archive = CACHE / f"picamera2-{VERSION}.tar.gz"
    if not archive.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-binary", ":all:", "--dest", str(CACHE), f"picamera2=={VERSION}"]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT_S)
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip() or "no reason given").splitlines()[-1]
            pytest.skip(f"the source of picamera2 {VERSION} cannot be downloaded: {last}")
        except (OSError, subprocess.TimeoutExpired) as error:
            pytest.skip(f"the source of picamera2 {VERSION} cannot be downloaded: {error}")
    return dict(_modules(archive))


def _modules(archive: Path) -> Iterator[tuple[str, str]]:
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = Path(member.name).parts
            if len(parts) == 3 and parts[1] == "picamera2" and member.name.endswith(".py"):
                file = tar.extractfile(member)
                assert file is not None
                yield parts[2], file.read().decode()


def class_of(text: str, name: str) -> ast.ClassDef:
    """Return the class ``name`` of a module."""
    found = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef) and node.name == name
    ]
    assert found, f"picamera2 has no class {name}"
    return found[0]


def methods(of: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    """Return the methods; of those with overloads the last, which is the real one."""
    return {node.name: node for node in of.body if isinstance(node, ast.FunctionDef)}


def attributes(of: ast.ClassDef) -> set[str]:
    """Return what the methods set on ``self``."""
    return {
        node.attr
        for node in ast.walk(of)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and ast.unparse(node.value) == "self"
    }


def strings(text: str) -> set[str]:
    """Return all string constants of a module."""
    return {
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def signature(function: ast.FunctionDef) -> inspect.Signature:
    """Return the signature; a default stands as its source text."""
    arguments = function.args
    assert not arguments.posonlyargs
    assert not arguments.kwonlyargs
    assert not arguments.vararg
    assert not arguments.kwarg
    missing = len(arguments.args) - len(arguments.defaults)
    defaults = [inspect.Parameter.empty] * missing + [ast.unparse(d) for d in arguments.defaults]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [
        inspect.Parameter(argument.arg, kind, default=default)
        for argument, default in zip(arguments.args, defaults, strict=True)
    ]
    if any(ast.unparse(one) == "staticmethod" for one in function.decorator_list):
        return inspect.Signature(parameters)
    return inspect.Signature(parameters[1:])  # without self


@dataclass(frozen=True)
class Use:
    """One place where our source touches picamera2; ``call`` where it calls what it names."""

    owner: str
    attribute: str
    line: int
    call: ast.Call | None


class Uses(ast.NodeVisitor):
    """Finds each use of picamera2's objects in a module, following them from the import.

    An object is followed through ``x = Class(...)``, ``self.x = Class(...)`` and
    ``with x.captured_request(...) as y``. Any other way for it to go on, say as
    an argument, fails: the uses there would be missed.
    """

    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self.owners: dict[str, str] = {}
        self.found: list[Use] = []
        self.strings: set[str] = set()
        self._fine: set[ast.AST] = set()
        for node in ast.walk(self.tree):
            self._learn(node)
        self.visit(self.tree)

    def _learn(self, node: ast.AST) -> None:
        if isinstance(node, ast.ImportFrom) and node.module == "picamera2":
            self.owners.update({one.asname or one.name: one.name for one in node.names})
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            owner = self.owners.get(ast.unparse(node.value.func))
            if owner:
                self.owners.update({ast.unparse(target): owner for target in node.targets})
                self.found.append(Use(owner, "__init__", node.lineno, node.value))
                self._fine.add(node.value.func)
        elif isinstance(node, ast.withitem) and node.optional_vars:
            called = ast.unparse(node.context_expr).split("(")[0]
            if called.endswith(".captured_request"):
                self.owners[ast.unparse(node.optional_vars)] = "CompletedRequest"

    def _owner(self, node: ast.AST) -> str | None:
        known = isinstance(node, ast.Name | ast.Attribute)
        return self.owners.get(ast.unparse(node)) if known else None

    def visit_Compare(self, node: ast.Compare) -> None:
        if ast.unparse(node.comparators[0]) == "None":
            self._fine.add(node.left)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        if isinstance(function, ast.Attribute) and (owner := self._owner(function.value)):
            self.found.append(Use(owner, function.attr, node.lineno, node))
            self._fine |= {function, function.value}
            self.strings |= strings(ast.unparse(node))
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            self.strings.add(node.slice.value)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node not in self._fine and (owner := self._owner(node.value)):
            self.found.append(Use(owner, node.attr, node.lineno, None))
            self._fine |= {node, node.value}
        self._check(node)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        self._check(node)

    def _check(self, node: ast.Name | ast.Attribute) -> None:
        stored = isinstance(node.ctx, ast.Store)
        assert stored or node in self._fine or not self._owner(node), (
            f"line {node.lineno}: {ast.unparse(node)} goes where its uses cannot be followed"
        )
