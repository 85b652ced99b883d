"""For machines that watch us: is it well, and the figures."""

import hmac
import ipaddress

from aiohttp import web

from callcore.kernel.errors import Forbidden
from web.keys import DEPS
from web.rooms import Room, get
from web.security.access import PUBLIC
from web.security.origin import client_ip


async def healthz(request: web.Request) -> web.Response:
    """200 when every check passes, otherwise 503; one entry per check."""
    checks = await request.app[DEPS].health()
    ok = all(check.ok for check in checks)
    return web.json_response(
        {"ok": ok, "checks": {check.name: {"ok": check.ok, "note": check.note} for check in checks}},
        status=200 if ok else 503,
    )


async def metrics(request: web.Request) -> web.Response:
    """For this machine itself, or for whoever brings the token: figures tell a stranger too much."""
    deps = request.app[DEPS]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    allowed = bool(deps.metrics_token) and hmac.compare_digest(given.encode(), deps.metrics_token.encode())
    if not allowed and not _is_local(client_ip(request, behind_proxy=deps.behind_proxy)):
        raise Forbidden("metrics-closed", "metrics are open to this machine or with the token")
    text = deps.metrics()
    return web.Response(body=text.body, headers={"Content-Type": text.content_type})


def _is_local(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def room() -> Room:
    return Room("health", (get("/healthz", healthz, PUBLIC), get("/metrics", metrics, PUBLIC)))
