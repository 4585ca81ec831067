"""Write the public surface of the package into `tests/package/public_api.txt`, as stubs; `--check` compares.

Public is what `__all__` of the package names, and of the submodules that the reference describes. The file
holds no text that depends on the version of Python. What changed is told with what it means for a host:
`griffe` judges signatures; that something was removed, added or has another type is seen from the stubs.
"""

from __future__ import annotations

import argparse
import ast
import enum
import importlib
import inspect
import re
import sys
import textwrap
import types
import typing
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import attrs
import griffe

ROOT: Final = Path(__file__).parent.parent
KEPT: Final = ROOT / "tests" / "package" / "public_api.txt"
PACKAGE: Final = "visma_busy_sync"
HEAD: Final = "# The public surface; `python .ci/public_api.py` writes it anew.\n"
WIDTH: Final = 110

# Written where they are named: what every class has besides says nothing.
_SHOWN_DUNDERS: Final = {
    "__init__", "__call__", "__enter__", "__exit__", "__aenter__", "__aexit__", "__iter__", "__aiter__",
    "__len__", "__bool__", "__str__", "__contains__", "__getitem__",
}  # fmt: skip


class Change(NamedTuple):
    """One difference: what it means for a host, and what it is."""

    verdict: str
    what: str

    def __str__(self) -> str:
        return f"{self.verdict}: {self.what}"


# What is public


def modules() -> list[str]:
    """Return the modules that the reference describes; the package itself last, for it hands names on."""
    pages = sorted((ROOT / "docs" / "reference").glob("*.md"))
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    described = set(re.findall(r"^::: (\S+)$", text, re.MULTILINE)) - {PACKAGE}
    # Every error is in one place; an inner module is the home of what an outer one hands on.
    first = [f"{PACKAGE}.errors"]
    return [*first, *sorted(described - set(first), key=lambda name: (-name.count("."), name)), PACKAGE]


def surface() -> str:
    """Return the public surface as it is now."""
    homes: dict[int, str] = {}
    parts = [HEAD]
    for name in modules():
        module = importlib.import_module(name)
        parts.append(f"\n# {name}\n")
        for each in sorted(module.__all__):
            thing = getattr(module, each)
            home = homes.setdefault(id(thing), f"{name}.{each}") if _has_a_home(thing) else f"{name}.{each}"
            parts.append(_declared(each, thing) if home == f"{name}.{each}" else f"{each} = {home}\n")
    return "".join(parts)


def _has_a_home(thing: Any) -> bool:
    return inspect.isclass(thing) or inspect.isroutine(thing) or isinstance(thing, types.ModuleType)


def _declared(name: str, thing: Any) -> str:
    if isinstance(thing, types.ModuleType):
        return f"{name} = {thing.__name__}\n"
    if inspect.isclass(thing):
        return _class(name, thing)
    if inspect.isroutine(thing):
        return _function(name, thing)
    if isinstance(thing, typing.NewType):
        return f"{name} = NewType({name!r}, {_annotation(thing.__supertype__)})\n"
    if isinstance(thing, types.UnionType) or typing.get_origin(thing) is not None:
        return f"{name} = {_annotation(thing)}\n"
    return f"{name}: {type(thing).__name__}\n"


# Classes


def _class(name: str, cls: type) -> str:
    lines = [line for base in _told_bases(cls) for line in _members(cls, base)]
    bases = ", ".join(dict.fromkeys(_base_names(cls)))
    notes = "@final\n" if getattr(cls, "__final__", False) and "__final__" in vars(cls) else ""
    head = f"{notes}class {name}({bases}):\n" if bases else f"{notes}class {name}:\n"
    body = "".join(dict.fromkeys(lines)) or "...\n"
    return head + textwrap.indent(body, "    ")


def _ours(cls: type) -> bool:
    return cls.__module__.startswith(f"{PACKAGE}.")


def _is_inner(cls: type) -> bool:
    """Whether a base has no public name, so that what it has is told where it is inherited."""
    return _ours(cls) and not any(
        getattr(sys.modules.get(name), cls.__name__, None) is cls
        and cls.__name__ in getattr(sys.modules.get(name), "__all__", ())
        for name in modules()
    )


def _told_bases(cls: type) -> list[type]:
    return [cls, *(base for base in cls.__mro__[1:] if _is_inner(base))]


def _base_names(cls: type) -> Iterator[str]:
    for base in cls.__bases__:
        if base is not object and not _is_inner(base):
            yield base.__name__


def _members(cls: type, base: type) -> Iterator[str]:
    if issubclass(cls, enum.Enum):
        for name, member in cls.__members__.items():
            yield f"{name} = {member.value!r}\n"
    else:
        yield from _attributes(base)
    for name, value in vars(base).items():
        if (name in _SHOWN_DUNDERS or not name.startswith("_")) and (found := _member(cls, name, value)):
            yield found


def _attributes(base: type) -> Iterator[str]:
    told: dict[str, str] = {}
    if attrs.has(base):
        told |= {a.name: _annotation(a.type) for a in attrs.fields(base) if not a.name.startswith("_")}
    told |= {n: _annotation(a) for n, a in inspect.get_annotations(base).items() if not n.startswith("_")}
    for name, annotation in {**_set_by_init(base), **told}.items():
        yield f"{name}: {annotation}\n"


def _set_by_init(base: type) -> Mapping[str, str]:
    """Return the attributes that a class sets itself, with what their type is written as."""
    init = vars(base).get("__init__")
    if not inspect.isfunction(init) or not Path(inspect.getfile(init)).is_file():  # none, or a made one
        return {}
    given = {name: _annotation(p.annotation) for name, p in inspect.signature(init).parameters.items()}
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(init)))):
        match node:
            case ast.AnnAssign(target=ast.Attribute(value=ast.Name("self"), attr=name)):
                found[name] = ast.unparse(node.annotation)
            case ast.Assign(targets=[ast.Attribute(value=ast.Name("self"), attr=name)], value=ast.Name(id)):
                found[name] = given.get(id, "Any")
            case ast.Assign(targets=[ast.Attribute(value=ast.Name("self"), attr=name)]):
                found[name] = "Any"
    return {name: text for name, text in found.items() if not name.startswith("_")}


def _member(cls: type, name: str, value: Any) -> str | None:
    if name in {"__init__", "__str__"} and issubclass(cls, enum.Enum):
        return None
    if isinstance(value, property):
        return "@property\n" + _function(name, value.fget)
    if isinstance(value, classmethod | staticmethod):
        return f"@{type(value).__name__}\n" + _function(name, value.__func__)
    if inspect.isfunction(value):
        # The one that Python makes for a protocol differs between its versions.
        made = getattr(cls, "_is_protocol", False) and name == "__init__"
        return None if made else _function(name, value)
    return None


# Signatures


def _function(name: str, function: Any) -> str:
    signature = inspect.signature(function)
    parts = list(_parameters(list(signature.parameters.values())))
    result = signature.return_annotation
    back = "" if result is inspect.Signature.empty else f" -> {_annotation(result)}"
    kind = "async def" if inspect.iscoroutinefunction(function) else "def"
    line = f"{kind} {name}({', '.join(parts)}){back}: ...\n"
    if len(line) <= WIDTH - 4:
        return line
    inside = "".join(f"    {part},\n" for part in parts)
    return f"{kind} {name}(\n{inside}){back}: ...\n"


def _parameters(given: list[inspect.Parameter]) -> Iterator[str]:
    kinds = inspect.Parameter
    before: Any = None
    for parameter in given:
        if before is kinds.POSITIONAL_ONLY and parameter.kind is not kinds.POSITIONAL_ONLY:
            yield "/"
        if parameter.kind is kinds.KEYWORD_ONLY and before not in {kinds.KEYWORD_ONLY, kinds.VAR_POSITIONAL}:
            yield "*"
        star = {kinds.VAR_POSITIONAL: "*", kinds.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        hint = "" if parameter.annotation is kinds.empty else f": {_annotation(parameter.annotation)}"
        default = "" if parameter.default is kinds.empty else f" = {_default(parameter.default)}"
        yield f"{star}{parameter.name}{hint}{default}"
        before = parameter.kind
    if before is kinds.POSITIONAL_ONLY:
        yield "/"


def _annotation(annotation: Any) -> str:
    if annotation is None or annotation is type(None):
        return "None"
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b(?:\w+\.)+(?=[A-Za-z_])", "", text).replace("NoneType", "None").replace("'", "")


def _default(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    plain = value is None or isinstance(value, bool | int | float | str | bytes | Decimal) or value == ()
    return repr(value) if plain else "..."


# What changed


def changes(old: str, new: str) -> list[Change]:
    """Return what changed between two surfaces, the worst first."""
    before, after = _facts(old), _facts(new)
    judged = _judged_signatures(old, new)
    found: list[Change] = []
    for path in before.keys() | after.keys():
        if path not in after:
            if path.rpartition(".")[0] not in before or path.rpartition(".")[0] in after:
                found.append(Change("breaking", f"{path} was removed"))
        elif path not in before:
            found.append(_added(path, before, after))
        elif before[path] != after[path]:
            found += _changed(path, before[path], after[path], judged.get(path, []))
    return sorted(found, key=lambda change: (change.verdict != "breaking", change.what))


def _added(path: str, before: Mapping[str, str], after: Mapping[str, str]) -> Change:
    owner = path.rpartition(".")[0]
    if owner in before and "Protocol" in after[owner] and ".testing." not in owner:
        return Change("breaking", f"{path} was added, and hosts that implement {owner} lack it")
    return Change("minor", f"{path} was added")


def _changed(path: str, old: str, new: str, judged: list[str]) -> Iterator[Change]:
    if old.startswith("class ") and _bases(old) <= _bases(new):
        yield Change("minor", f"{path} was `{old}`, and is `{new}`")
    elif "def " not in old:
        yield Change("breaking", f"{path} was `{old}`, and is `{new}`")
    elif judged:
        yield from (Change("breaking", f"{path}: {each}") for each in judged)
    else:
        yield Change("minor", f"{path} was `{old}`, and is `{new}`")


def _bases(head: str) -> set[str]:
    return set(head.partition("(")[2].rstrip(")").split(", ")) - {""}


def _sections(text: str) -> Mapping[str, str]:
    parts = re.split(rf"^# ({PACKAGE}\S*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _facts(text: str) -> Mapping[str, str]:
    facts: dict[str, str] = {}

    def note(path: str, node: ast.stmt) -> None:
        match node:
            case ast.ClassDef(name=name, body=body):
                bases = ", ".join(map(ast.unparse, node.bases))
                facts[f"{path}.{name}"] = f"class {name}({bases})"
                for each in body:
                    note(f"{path}.{name}", each)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                facts[f"{path}.{name}"] = ast.unparse(node).replace("\n    ...", " ...")
            case ast.AnnAssign(target=ast.Name(name)) | ast.Assign(targets=[ast.Name(name)]):
                facts[f"{path}.{name}"] = ast.unparse(node)

    for module, section in _sections(text).items():
        for node in ast.parse(section).body:
            note(module, node)
    return facts


def _judged_signatures(old: str, new: str) -> Mapping[str, list[str]]:
    judged: dict[str, list[str]] = {}
    after = _sections(new)
    for module, section in _sections(old).items():
        if module not in after:
            continue
        trees = [griffe.visit(module, Path(f"{module}.pyi"), code) for code in (section, after[module])]
        for breakage in griffe.find_breaking_changes(*trees):
            if breakage.kind is not griffe.BreakageKind.OBJECT_REMOVED:
                text = breakage.explain(griffe.ExplanationStyle.ONE_LINE)
                judged.setdefault(breakage.obj.path, []).append(text.partition(": ")[2])
    return judged


def main() -> None:
    """Write the file anew, or say what changed against it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 if it is not as now")
    options = parser.parse_args()
    now = surface()
    if not options.check:
        KEPT.write_text(now, encoding="utf-8")
        return
    if found := changes(KEPT.read_text(encoding="utf-8"), now):
        sys.stderr.write("".join(f"{change}\n" for change in found))
        raise SystemExit("The public surface changed: if it is meant, write it with python .ci/public_api.py")


if __name__ == "__main__":
    main()
