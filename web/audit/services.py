"""What the room of the audit needs from below; bootstrap fills it. It checks the viewer's rights itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from callcore.network.audit_log import AuditFilter, AuditLine
from callcore.network.model import Viewer


class FindAudit(Protocol):
    async def __call__(
        self, viewer: Viewer, wanted: AuditFilter, *, before: int | None, limit: int
    ) -> Sequence[AuditLine]: ...


class NoteExport(Protocol):
    async def __call__(self, viewer: Viewer, count: int) -> None: ...


@dataclass(frozen=True, slots=True)
class AuditServices:
    """`note_export` leaves a row of its own: taking the journal away is an action too."""

    find: FindAudit
    note_export: NoteExport


SERVICES = web.AppKey("audit_services", AuditServices)
