"""Is it well? Checks for /healthz, gauges for Prometheus. Nothing here waits long."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from callcore.asterisk.inbound import InboundRouting
from callcore.calls.pbx import Pbx
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.metrics import Metrics
from recordings.files import free_space
from recordings.model import RecordingHealth
from web.deps import HealthCheck, MetricsText

DATABASE_LIMIT_S = 2.0
LEAST_FREE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Health:
    database: Database
    pbx: Pbx
    routing: InboundRouting
    recordings: Callable[[], RecordingHealth]
    store_dir: Path
    messages: Callable[[], HealthCheck]
    is_answering: Callable[[], bool]

    async def checks(self) -> tuple[HealthCheck, ...]:
        link, free = self.pbx.health(), free_space(self.store_dir).free_bytes
        is_answering = self.is_answering()
        return (
            await self._database(),
            HealthCheck("pbx", link.connected, "" if link.connected else "нет связи с АТС"),
            HealthCheck(
                "routing", self.routing.is_ready, "" if self.routing.is_ready else "сеть дилеров не прочитана"
            ),
            HealthCheck(
                "answering",
                is_answering,
                "" if is_answering else "процесс, отвечающий АТС, перезапускается: звонки ведёт сама АТС",
            ),
            HealthCheck("disk", free > LEAST_FREE_BYTES, f"свободно {free // 1_000_000} МБ"),
            self.messages(),
        )

    async def _database(self) -> HealthCheck:
        try:
            async with asyncio.timeout(DATABASE_LIMIT_S), self.database.session() as session:
                await session.execute(text("SELECT 1"))
        except (DatabaseUnavailable, TimeoutError):
            return HealthCheck("database", False, "база не отвечает")
        return HealthCheck("database", True)


def add_gauges(metrics: Metrics, health: Health, live_links: Callable[[], int]) -> None:
    started = time.monotonic()
    metrics.gauge("dealerline_uptime_seconds", "Since the start", lambda: time.monotonic() - started)
    metrics.gauge(
        "dealerline_pbx_connected", "1 while AMI answers", lambda: float(health.pbx.health().connected)
    )
    metrics.gauge("dealerline_pbx_backlog", "Facts not yet consumed", lambda: health.pbx.health().backlog)
    metrics.gauge(
        "dealerline_pbx_events", "AMI events since the start", lambda: health.pbx.health().events_total
    )
    metrics.gauge("dealerline_live_links", "Browsers that listen", live_links)
    metrics.gauge("dealerline_recordings_waiting", "Not yet playable", lambda: health.recordings().waiting)
    metrics.gauge(
        "dealerline_disk_free_bytes", "For recordings", lambda: free_space(health.store_dir).free_bytes
    )


def exposition(metrics: Metrics) -> MetricsText:
    body, content_type = metrics.exposition()
    return MetricsText(body, content_type)
