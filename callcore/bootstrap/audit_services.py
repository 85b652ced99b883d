"""Services of the room of the audit."""

from collections.abc import Sequence

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.audit_log import AuditFilter, AuditLine, find_audit
from callcore.network.model import Viewer
from web.audit.services import AuditServices


class AuditReader:
    """Names follow the services."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def services(self) -> AuditServices:
        return AuditServices(find=self.find, note_export=self.note_export)

    async def find(
        self, viewer: Viewer, wanted: AuditFilter, *, before: int | None, limit: int
    ) -> Sequence[AuditLine]:
        async with self._database.session() as session:
            return await find_audit(session, viewer, wanted, before=before, limit=limit)

    async def note_export(self, viewer: Viewer, count: int) -> None:
        async with self._database.transaction() as session:
            audit.record(
                session,
                at=self._clock.now(),
                actor_id=viewer.user_id,
                action="audit:exported",
                entity="audit",
                entity_id="",
                count=count,
            )
