"""Who opens an order's page, who changes it; and how a form that was refused comes back."""

from collections.abc import Awaitable, Mapping
from typing import Any

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid, NotAllowedNow
from callcore.network.model import DEALER_ROLES, STAFF_ROLES, Role
from callcore.orders.changing import FACTORY, HEAD_OFFICE, WORKERS
from web.orders.card_context import card_page
from web.orders.card_forms import FormState, errors_of, trouble_of
from web.security.access import roles

WHO = roles(*STAFF_ROLES, *DEALER_ROLES)
WORK = roles(*WORKERS)
OFFICE = roles(*HEAD_OFFICE)
OF_FACTORY = roles(*FACTORY)
ADMIN = roles(Role.ADMIN)


async def refused(
    request: web.Request, name: str, values: Mapping[str, str], doing: Awaitable[Any]
) -> web.Response | None:
    """None when it was done; else the page with this form open, what was typed in it, and what to do."""
    try:
        await doing
    except Invalid as error:
        state = FormState(name, values, errors_of(error))
        return await card_page(request, status=422, state=state)
    except (Conflict, NotAllowedNow) as error:
        words = trouble_of(error)
        if not words:
            raise
        return await card_page(request, status=409, state=FormState(name, values, {}, words))
    return None
