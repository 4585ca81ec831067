"""How the sandbox behaves where the real service's behaviour is unknown: one switch per open question."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args, get_origin, get_type_hints

from visma_busy_sync.sandbox.jsontext import Json, camel, same

PAGE_CAP_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Profile:
    """The switches; the defaults are the likeliest reading of the reference.

    Attributes:
        filters: ``$filter`` works, is refused with 6000, or is silently ignored.
        ordering: the same for ``$orderby``.
        rotation: a refresh replaces the refresh token (older OAuth clients) or leaves it (newer ones).
        page_cap: the largest page that is granted.
        amounts: order amounts are computed, kept as sent (0 when not sent), or always 0.
        created_body: POST answers 201 with the record, or with nothing.
        naming: member names in answers.
        drafts_listed: ``GET /orders`` shows drafts.
        inactive_listed: lists show finished projects and inactive customers and articles.
    """

    filters: Literal["work", "refused", "ignored"] = "work"
    ordering: Literal["work", "refused", "ignored"] = "work"
    rotation: bool = True
    page_cap: int = 1000
    amounts: Literal["computed", "kept", "zero"] = "computed"
    created_body: bool = True
    naming: Literal["pascal", "camel"] = "pascal"
    drafts_listed: bool = True
    inactive_listed: bool = True

    @property
    def rename(self) -> Callable[[str], str]:
        """Return what is applied to every member name of an answer."""
        return camel if self.naming == "camel" else same


def changed(profile: Profile, switches: Mapping[str, Json]) -> Profile:
    """Return the profile with some switches set anew.

    Raises:
        ValueError: a switch does not exist or does not take the value; the message names it.
    """
    hints = get_type_hints(Profile)
    known = {item.name for item in fields(Profile)}
    for name, value in switches.items():
        if name not in known:
            raise ValueError(f"the profile has no switch '{name[:60]}'; it has {', '.join(sorted(known))}")
        hint = hints[name]
        if get_origin(hint) is Literal:
            if value not in get_args(hint):
                raise ValueError(f"{name} is one of {', '.join(get_args(hint))}")
        elif hint is bool:
            if not isinstance(value, bool):
                raise ValueError(f"{name} takes true or false")
        elif not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= PAGE_CAP_MOST:
            raise ValueError(f"{name} takes a whole number from 1 to {PAGE_CAP_MOST}")
    return replace(profile, **dict(switches))  # type: ignore[arg-type] # checked above
