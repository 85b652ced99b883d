"""What the room of people needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from callcore.network.change_people import PersonView
from callcore.network.invites import Invites
from callcore.network.links import OpenLink
from callcore.network.model import Role, Viewer
from callcore.network.second_factor import SecondFactor
from callcore.network.security_settings import SecuritySettings
from callcore.network.staff import PeopleFilter, PeoplePage


class FindPeople(Protocol):
    async def __call__(self, viewer: Viewer, wanted: PeopleFilter, *, after: int | None) -> PeoplePage: ...


class RequireSecondFactor(Protocol):
    async def __call__(self, viewer: Viewer, roles: Collection[Role], *, shown: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleServices:
    find: FindPeople
    person: Callable[[Viewer, int], Awaitable[PersonView]]
    links: Callable[[Viewer], Awaitable[Sequence[OpenLink]]]
    invites: Invites
    factor: SecondFactor
    security: Callable[[], Awaitable[SecuritySettings]]
    require: RequireSecondFactor


SERVICES = web.AppKey("people_services", PeopleServices)
