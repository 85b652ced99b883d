"""What the room of the robot needs from below; bootstrap fills it. Rights are checked in the use cases."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from callcore.network.model import Viewer
from callcore.outbound.do_not_call import BarredPage
from callcore.outbound.robot.change_settings import RobotBook
from callcore.outbound.robot.consent_register import ConsentPage
from callcore.outbound.robot.phrases import RobotPhrases
from callcore.outbound.robot.queries import OrderRobot, RobotFilter, RobotPage
from callcore.outbound.robot.settings import RobotSettings
from callcore.outbound.robot.voices import RobotVoice


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotServices:
    """`listen` gives a WAV, None while the phrase is being rendered."""

    book: Callable[[Viewer], Awaitable[RobotBook]]
    save: Callable[[Viewer, RobotSettings, int], Awaitable[None]]
    calls: Callable[[Viewer, RobotFilter], Awaitable[RobotPage]]
    of_order: Callable[[Viewer, int], Awaitable[OrderRobot]]
    send: Callable[[Viewer, int], Awaitable[datetime]]
    call_off: Callable[[Viewer, int], Awaitable[None]]
    barred: Callable[[Viewer, str, int | None], Awaitable[BarredPage]]
    consents: Callable[[Viewer, str, int | None], Awaitable[ConsentPage]]
    bar: Callable[[Viewer, str, str], Awaitable[None]]
    lift: Callable[[Viewer, int, str], Awaitable[None]]
    phrases: RobotPhrases
    listen: Callable[[Viewer, RobotVoice, str], Awaitable[bytes | None]]


SERVICES = web.AppKey("robot_services", RobotServices)
