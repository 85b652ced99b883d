"""What the room of policies needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from callcore.network.change_policies import ChangePolicies
from callcore.network.model import Viewer
from callcore.network.policy import ActivePolicy, Policy
from callcore.network.policy_versions import PolicyBook, VersionName
from callcore.routing.live import QuotaCount
from callcore.routing.model import Decision
from callcore.routing.rehearse import Rehearsal


@dataclass(frozen=True, slots=True)
class Asked:
    """What-if: `at` None is this moment; `version` (policy id, version), None for what is in force."""

    did: str
    caller: str
    at: datetime | None = None
    version: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyServices:
    """`book` for a policy's id, None for that of all numbers. `quotas` are counts of the present period. `rehearse` tries
    a changed body in place of a policy on the newest calls."""

    book: Callable[[Viewer, int | None], Awaitable[PolicyBook]]
    quotas: Callable[[int], Awaitable[QuotaCount]]
    rehearse: Callable[[Viewer, ActivePolicy, Policy], Awaitable[Rehearsal]]
    what_if: Callable[[Viewer, Asked], Awaitable[Decision]]
    version_names: Callable[[Viewer], Awaitable[tuple[VersionName, ...]]]
    change: ChangePolicies


SERVICES = web.AppKey("policy_services", PolicyServices)
