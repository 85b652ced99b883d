"""Services of the room of people: each opens its own session; rights are checked inside."""

from collections.abc import Collection, Sequence

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.seal import Seal
from callcore.network.change_people import PersonView, person
from callcore.network.invites import Invites
from callcore.network.links import OpenLink
from callcore.network.model import Role, Viewer
from callcore.network.second_factor import SecondFactor
from callcore.network.security_settings import SecuritySettings, require_second_factor, security_settings
from callcore.network.staff import PeopleFilter, PeoplePage, find_people, staff_links
from web.people.services import PeopleServices


class PeopleReader:
    """Names follow the services."""

    def __init__(self, database: Database, clock: Clock, seal: Seal) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal

    def services(self) -> PeopleServices:
        return PeopleServices(
            find=self.find,
            person=self.person,
            links=self.links,
            invites=Invites(self._database, self._clock),
            factor=SecondFactor(self._database, self._clock, self._seal),
            security=self.security,
            require=self.require,
        )

    async def find(self, viewer: Viewer, wanted: PeopleFilter, *, after: int | None) -> PeoplePage:
        async with self._database.session() as session:
            return await find_people(session, viewer, wanted, after=after)

    async def person(self, viewer: Viewer, user_id: int) -> PersonView:
        async with self._database.session() as session:
            return await person(session, viewer, user_id)

    async def links(self, viewer: Viewer) -> Sequence[OpenLink]:
        async with self._database.session() as session:
            return await staff_links(session, viewer, self._clock.now())

    async def security(self) -> SecuritySettings:
        async with self._database.session() as session:
            return await security_settings(session)

    async def require(self, viewer: Viewer, roles: Collection[Role], *, shown: int) -> None:
        async with self._database.transaction() as session:
            await require_second_factor(session, viewer, roles, shown=shown, at=self._clock.now())
