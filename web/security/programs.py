"""The second door: programs come with a key in the header. No cookie is read here, so no browser can be made to use it."""

from typing import Protocol

from aiohttp import web

from callcore.kernel.errors import Forbidden
from callcore.network.api_keys import ApiCaller, Scope

CALLER = web.RequestKey("api_caller", ApiCaller)


class ApiDoor(Protocol):
    """What the web needs of callcore.network.api_keys.ApiKeys."""

    async def enter(self, secret: str, scope: Scope) -> ApiCaller: ...


class ClosedDoor:
    """An installation without the API."""

    async def enter(self, secret: str, scope: Scope) -> ApiCaller:  # noqa: ARG002
        raise Forbidden("api-key-unknown")


async def let_in(request: web.Request, door: ApiDoor, scope: Scope) -> None:
    """Raises Forbidden: "api-key-needed", "api-key-unknown", "api-scope-missing"."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise Forbidden("api-key-needed")
    request[CALLER] = await door.enter(secret.strip(), scope)
