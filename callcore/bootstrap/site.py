"""The web application with its rooms and their services."""

from typing import TYPE_CHECKING

from aiohttp import web

from callcore.bootstrap.health import exposition
from callcore.network.sign_in import SignIn
from web.app import make_app
from web.deps import WebDeps
from web.live.pages import room as live_room

if TYPE_CHECKING:
    from callcore.bootstrap.application import Application


def make_site(application: "Application") -> web.Application:
    settings, metrics = application.settings, application.metrics

    def observe(method: str, route: str, status: int, seconds: float) -> None:
        metrics.http_seconds.labels(method, route, str(status)).observe(seconds)

    return make_app(
        WebDeps(
            sign_in=SignIn(application.database, application.clock),
            clock=application.clock,
            rooms=(live_room(application.hub),),
            demo=settings.demo,
            secure=settings.web.secure,
            behind_proxy=settings.web.trusted_proxy,
            pbx_connected=lambda: application.pbx.health().connected,
            health=application.health.checks,
            metrics=lambda: exposition(metrics),
            observe=observe,
        )
    )
