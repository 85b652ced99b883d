"""What bootstrap hands to the web: services, callables and plain values. No SQL, no AMI behind this line."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import jinja2

from callcore.kernel.clock import Clock
from callcore.network.model import Viewer
from web.rooms import Room
from web.security.programs import ApiDoor, ClosedDoor
from web.security.sessions import SignInService
from web.ui.pin import MapTiles


class DemoLogin(NamedTuple):
    """One person of the demo network, offered on the sign-in page."""

    role_title: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One line of /healthz: `name` is a stable word, `note` is for people."""

    name: str
    ok: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class MetricsText:
    """A ready Prometheus exposition."""

    body: bytes
    content_type: str


async def _no_checks() -> tuple[HealthCheck, ...]:
    return ()


def _no_metrics() -> MetricsText:
    return MetricsText(b"", "text/plain; version=0.0.4")


async def _no_first_page(_viewer: Viewer) -> str:
    return ""


def _ignore(_method: str, _route: str, _status: int, _seconds: float) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebDeps:
    """The composition of one web application.

    `pbx_connected` is read at each page for the first state of the «связь с АТС» mark.
    `search_path` is the page that takes `?q=` from the top bar; empty hides the field.
    `first_page` is where the front door leads this person; empty: to the first page of the navigation.
    `behind_proxy` trusts X-Forwarded-For; `secure` says that people come over HTTPS.
    `observe` gets (method, route pattern, status, seconds) of each request.
    `template_cache` keeps compiled templates between starts; without it they are compiled anew.
    """

    sign_in: SignInService
    clock: Clock
    rooms: tuple[Room, ...] = ()
    demo: bool = False
    demo_logins: tuple[DemoLogin, ...] = ()
    secure: bool = False
    behind_proxy: bool = False
    max_body_bytes: int = 2 * 1024 * 1024
    search_path: str = ""
    api_door: ApiDoor = field(default_factory=ClosedDoor)
    first_page: Callable[[Viewer], Awaitable[str]] = _no_first_page
    pbx_connected: Callable[[], bool] = lambda: False
    health: Callable[[], Awaitable[tuple[HealthCheck, ...]]] = _no_checks
    metrics: Callable[[], MetricsText] = _no_metrics
    metrics_token: str = ""
    observe: Callable[[str, str, int, float], None] = _ignore
    template_cache: jinja2.BytecodeCache | None = None
    map_tiles: MapTiles = field(default_factory=MapTiles)
