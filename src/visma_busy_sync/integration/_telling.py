"""At the end of a use case, tell the host's listener what it brought about."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from visma_busy_sync.integration._site import Site

P = ParamSpec("P")
T = TypeVar("T")

_UseCase: TypeAlias = Callable[Concatenate[Site, P], Coroutine[Any, Any, T]]


def telling(use_case: _UseCase[P, T]) -> _UseCase[P, T]:
    """Make a use case that tells at its end what it noted, also where an error ended it.

    Where it was cancelled, the next one that is not tells it.
    """

    @functools.wraps(use_case)
    async def told(site: Site, /, *args: P.args, **kwargs: P.kwargs) -> T:
        own = site.telling_apart()
        try:
            result = await use_case(own, *args, **kwargs)
        except Exception:
            await own.teller.tell()
            raise
        except BaseException:
            own.teller.leave()
            raise
        await own.teller.tell()
        return result

    return told
