"""What the room of settings needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from dataclasses import dataclass

from aiohttp import web

from callcore.orders.change_settings import ChangeSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingServices:
    change: ChangeSettings


SERVICES = web.AppKey("setting_services", SettingServices)
