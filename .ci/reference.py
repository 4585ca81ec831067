"""Have the reference show members of enums and fields without a text, which mkdocstrings leaves out.

An extension of griffe, which reads the package for mkdocstrings; `mkdocs.yml` names it.
"""

from __future__ import annotations

import re
from typing import Any, Final

import griffe

_ENUM: Final = re.compile(r"(Str|Int)?(Enum|Flag)$")
_MODEL: Final = "Model"


class SelfEvident(griffe.Extension):
    """Gives a text to what has none."""

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """Look at a class whose members were just read."""
        bases = [str(base).rpartition(".")[2] for base in cls.bases]
        told = cls.docstring.value if cls.docstring else ""
        explained = set(re.findall(r"^ {4}(\w+):", told, re.MULTILINE))
        for name, member in cls.members.items():
            if not name.startswith("_") and member.is_attribute and not member.has_docstring:
                if any(map(_ENUM.search, bases)):
                    member.docstring = griffe.Docstring(f"The value `{member.value}`.", parent=member)
                elif _MODEL in bases:
                    member.docstring = griffe.Docstring("The API's member of that name.", parent=member)
                elif name not in explained and member.annotation is not None:
                    member.docstring = griffe.Docstring("As its name says.", parent=member)
