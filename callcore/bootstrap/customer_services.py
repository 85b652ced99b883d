"""Services of the room of customers: each opens its own session; rights are checked inside."""

from collections.abc import Mapping, Sequence

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DealerlineError
from callcore.kernel.logs import get_logger
from callcore.messaging.customer_messages import SentMessage, messages_of_customer
from callcore.messaging.forget_messages import forget_messages
from callcore.network.dealers import region_names
from callcore.network.model import Viewer
from callcore.orders.change_customer import ChangeCustomers
from callcore.orders.claims import ClaimView, claims_of
from callcore.orders.customer_comments import CustomerComment, comments_of_customer
from callcore.orders.customer_list import CustomerPage, find_customers
from callcore.orders.customer_tasks import TaskBrief, open_tasks_of
from callcore.orders.customer_view import CustomerView, customer_view, merged_into
from callcore.orders.file_store import FileStore
from callcore.orders.forget_customer import Forgotten
from callcore.outbound.callbacks.callback_queries import CallbackView, callbacks_of_customer
from callcore.outbound.callbacks.forget_callbacks import forget_callbacks
from callcore.outbound.robot.forget_robot import forget_robot
from recordings.store import Stores
from web.customers.services import CustomerServices

_log = get_logger(__name__)


class CustomerReader:
    """Names follow the services."""

    def __init__(
        self, database: Database, clock: Clock, stores: Stores, files: FileStore | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._stores = stores
        self._files = files

    def services(self) -> CustomerServices:
        return CustomerServices(
            find=self.find,
            view=self.view,
            lives_on_as=self.lives_on_as,
            tasks=self.tasks,
            messages=self.messages,
            comments=self.comments,
            callbacks=self.callbacks,
            claims=self.claims,
            regions=self.regions,
            change=ChangeCustomers(
                self._database, self._clock, (forget_messages, forget_robot, forget_callbacks)
            ),
            forget_files=self.forget_files,
        )

    async def find(self, viewer: Viewer, text: str, *, after: int | None) -> CustomerPage:
        async with self._database.session() as session:
            return await find_customers(session, viewer, text, after=after)

    async def view(self, viewer: Viewer, customer_id: int) -> CustomerView:
        async with self._database.session() as session:
            return await customer_view(session, viewer, customer_id, self._clock.now())

    async def lives_on_as(self, viewer: Viewer, customer_id: int) -> int | None:
        async with self._database.session() as session:
            return await merged_into(session, viewer, customer_id)

    async def tasks(self, viewer: Viewer, customer_id: int) -> Sequence[TaskBrief]:
        async with self._database.session() as session:
            return await open_tasks_of(session, viewer, customer_id)

    async def messages(self, viewer: Viewer, customer_id: int) -> Sequence[SentMessage]:
        async with self._database.session() as session:
            return await messages_of_customer(session, viewer, customer_id)

    async def comments(self, viewer: Viewer, customer_id: int) -> Sequence[CustomerComment]:
        async with self._database.session() as session:
            return await comments_of_customer(session, viewer, customer_id)

    async def callbacks(self, viewer: Viewer, customer_id: int) -> Sequence[CallbackView]:
        async with self._database.session() as session:
            return await callbacks_of_customer(session, viewer, customer_id)

    async def claims(self, viewer: Viewer) -> Sequence[ClaimView]:
        async with self._database.session() as session:
            return await claims_of(session, viewer, self._clock.now())

    async def regions(self) -> Mapping[str, str]:
        async with self._database.session() as session:
            return await region_names(session)

    async def forget_files(self, gone: Forgotten) -> None:
        """After the commit; one that cannot be taken away is named in the log for the administrator."""
        for path in gone.recordings:
            for store in self._stores.by_name.values():
                try:
                    await store.delete(path)
                except DealerlineError as error:
                    _log.error("recording of a forgotten customer not removed", path=path, code=error.code)
        if self._files is not None:
            for sha256 in gone.files:
                await self._forget_file(self._files, sha256)

    async def _forget_file(self, files: FileStore, sha256: str) -> None:
        try:
            await files.remove(sha256)
        except OSError as error:
            _log.error("file of a forgotten customer not removed", sha256=sha256, error=str(error))
