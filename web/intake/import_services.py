"""What the room of imports needs from below; bootstrap fills it. Rights are checked inside."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from callcore.intake.undo_import import ImportJob
from callcore.network.model import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportServices:
    """`preview` takes the name and the bytes of a file and gives the job's id; it raises Invalid with the codes of
    table_files. `apply` does what fits into a few seconds. `undo` tells how many orders went and how many stayed."""

    preview: Callable[[Viewer, str, bytes], Awaitable[int]]
    apply: Callable[[Viewer, int], Awaitable[None]]
    undo: Callable[[Viewer, int], Awaitable[tuple[int, int]]]
    job: Callable[[Viewer, int], Awaitable[ImportJob]]
    jobs: Callable[[Viewer], Awaitable[Sequence[ImportJob]]]


SERVICES = web.AppKey("import_services", ImportServices)
