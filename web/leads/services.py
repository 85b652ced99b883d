"""What the room of leads needs from below; bootstrap fills it. Rights are checked in the use cases."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from callcore.intake.leads.change_account import AccountDraft
from callcore.intake.leads.lead_queries import LeadBook
from callcore.network.model import Viewer


@dataclass(frozen=True, slots=True)
class Checked:
    """`trouble` a code of Trouble; empty: the base has answered as it should."""

    trouble: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadServices:
    """`book` with the log before that run. `save` with the version that was seen. `fetch` (whole: from the first lead)
    gives the id of the run, which may go on."""

    book: Callable[[Viewer, int | None], Awaitable[LeadBook]]
    save: Callable[[Viewer, AccountDraft, int], Awaitable[None]]
    check: Callable[[Viewer], Awaitable[Checked]]
    fetch: Callable[[Viewer, bool], Awaitable[int]]


SERVICES = web.AppKey("lead_services", LeadServices)
