"""What the rooms of the operator's form and of imports need from below; bootstrap fills it. Rights are checked inside."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from callcore.intake.draft import Draft
from callcore.intake.once import Press
from callcore.intake.operator import Asked, Known
from callcore.intake.site_form import Goods
from callcore.intake.take_once import Taken
from callcore.network.model import Viewer


class TakeByOperator(Protocol):
    async def __call__(self, viewer: Viewer, press: Press, draft: Draft, asked: Asked) -> Taken: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeServices:
    """`regions` by code, in order of names."""

    known: Callable[[Viewer, Asked], Awaitable[Known]]
    take: TakeByOperator
    goods: Callable[[str], Awaitable[Sequence[Goods]]]
    regions: Callable[[], Awaitable[Mapping[str, str]]]


SERVICES = web.AppKey("intake_services", IntakeServices)
