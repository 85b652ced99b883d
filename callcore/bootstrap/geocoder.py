"""Who finds addresses of orders on the map, as the settings say."""

import asyncio

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.tasks import TaskOwner
from callcore.orders.geocoding.gazetteer import NAME, shipped_gazetteer
from callcore.orders.geocoding.http_geocoder import YANDEX_ADDRESS, Dialect, HttpGeocoder, MapService
from callcore.orders.geocoding.with_towns import WithTowns
from callcore.orders.pin_worker import PinWorker
from config.sections import GeocoderSettings


async def keep_pins(settings: GeocoderSettings, database: Database, clock: Clock, tasks: TaskOwner) -> None:
    """Nothing runs when nobody is to be asked."""
    if settings.service == "none":
        return
    towns = await asyncio.to_thread(shipped_gazetteer)
    if settings.service == NAME:
        PinWorker(database, clock, towns, towns).start(tasks)
        return
    service = HttpGeocoder(
        MapService(
            Dialect(settings.service),
            settings.url or YANDEX_ADDRESS,
            settings.key.get_secret_value(),
            settings.contact,
            settings.timeout_s,
            settings.per_second,
        )
    )
    PinWorker(database, clock, WithTowns(service, towns), towns).start(tasks)
