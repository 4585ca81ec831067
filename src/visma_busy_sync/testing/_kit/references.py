"""Find what `package.module:name` names."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, final


@final
class BadReference(ValueError):
    """A reference names nothing that can be called; the message says which part of it is wrong."""


def resolve(reference: str) -> Callable[..., Any]:
    """Return the callable that `package.module:name` names.

    Raises:
        BadReference: If the form is another one, the module cannot be found, or the name is not there or
            cannot be called. An error inside the module comes through as it is.
    """
    module_name, colon, name = reference.partition(":")
    if not (colon and module_name and name):
        raise BadReference(f'"{reference}" is no reference: write it as package.module:function')
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if not f"{module_name}.".startswith(f"{error.name}."):
            raise  # the module is there; what it imports is not
        raise BadReference(
            f'"{reference}": there is no module {error.name}; is its folder on sys.path?'
        ) from error
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            raise BadReference(f'"{reference}": the module {module_name} has no {name}')
        value = getattr(value, part)
    if not callable(value):
        raise BadReference(f'"{reference}" is a {type(value).__name__}; name a function without parameters')
    found: Callable[..., Any] = value
    return found
