"""What the room of settings needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from callcore.calls.change_settings import ChangeCallSettings
from callcore.network.model import Viewer
from callcore.orders.change_settings import ChangeSettings
from callcore.orders.model import ReasonKind
from callcore.orders.promo_codes import PromoDraft, PromoView
from callcore.orders.reasons import Reason, ReasonDraft
from callcore.orders.statuses import Stage, StageDraft, StatusBook


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingServices:
    """`reasons` of one kind, the inactive too. The orders of lists are given whole, first to last. `dealers`: names
    by id."""

    change: ChangeSettings
    calls: ChangeCallSettings
    reasons: Callable[[ReasonKind], Awaitable[Sequence[Reason]]]
    save_reason: Callable[[Viewer, ReasonDraft], Awaitable[Reason]]
    order_reasons: Callable[[Viewer, ReasonKind, Sequence[int]], Awaitable[None]]
    statuses: Callable[[], Awaitable[StatusBook]]
    save_status: Callable[[Viewer, StageDraft], Awaitable[Stage]]
    promos: Callable[[Viewer], Awaitable[Sequence[PromoView]]]
    add_promo: Callable[[Viewer, PromoDraft], Awaitable[str]]
    switch_promo: Callable[[Viewer, int, bool], Awaitable[str]]
    dealers: Callable[[], Awaitable[Mapping[int, str]]]
    order_statuses: Callable[[Viewer, Sequence[str]], Awaitable[None]]


SERVICES = web.AppKey("setting_services", SettingServices)
