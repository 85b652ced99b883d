"""Who may open what. Every route says it; a route that does not is closed to everybody."""

from dataclasses import dataclass
from typing import Literal

from callcore.network.api_keys import Scope
from callcore.network.model import Role, Viewer

Door = Literal["public", "foreign", "signed_in"]


@dataclass(frozen=True, slots=True)
class ProgramAccess:
    """Only programs, by a key of this scope; sessions and cookies count for nothing here."""

    scope: Scope


Access = Door | frozenset[Role] | ProgramAccess

PUBLIC: Access = "public"
FOREIGN: Access = "foreign"  # pages of other sites send here too; sessions and cookies count for nothing
SIGNED_IN: Access = "signed_in"


def roles(*allowed: Role) -> Access:
    """Only these roles; at least one must be named."""
    if not allowed:
        raise ValueError("name at least one role")
    return frozenset(allowed)


def permits(access: Access, viewer: Viewer | None) -> bool:
    """True when this person, or nobody in particular (None), may pass."""
    if access in (PUBLIC, FOREIGN):
        return True
    if viewer is None or isinstance(access, ProgramAccess):
        return False
    return access == SIGNED_IN or viewer.role in access
