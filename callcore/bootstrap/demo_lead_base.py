"""The lead base of the demonstration: a server on the loopback, and a connection to it in the settings, so that the button
brings something."""

import json
from base64 import b64encode
from datetime import datetime
from secrets import compare_digest
from typing import Final

from aiohttp import web

from callcore.asterisk.secrets import PbxSecrets
from callcore.demo.lead_connection import connect_demo_base
from callcore.demo.leads import demo_page
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.seal import Seal

HOST: Final = "127.0.0.1"
LOGIN: Final = "demo-leads"
PATH: Final = "/api/leadgen"
_NAME: Final = "demo:lead-base"


class DemoLeadBase:
    def __init__(self, database: Database, clock: Clock, seal: Seal, secrets: PbxSecrets) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal
        self._secrets = secrets
        self._runner: web.AppRunner | None = None
        self._opened_at: datetime = clock.now()
        self._expected = ""

    async def open(self) -> None:
        """On any free port, which the connection then names."""
        secret = self._secrets.get(_NAME)[_NAME]
        self._expected = "Basic " + b64encode(f"{LOGIN}:{secret}".encode()).decode()
        self._opened_at = self._clock.now()
        app = web.Application()
        app.router.add_get(f"{PATH}/leads", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()
        port = self._runner.addresses[0][1]
        now = self._clock.now()
        async with self._database.transaction() as session:
            sealed = self._seal.close(secret, now)
            await connect_demo_base(session, f"http://{HOST}:{port}{PATH}", LOGIN, sealed, now)

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.Request) -> web.Response:
        if not compare_digest(request.headers.get("Authorization", "").encode(), self._expected.encode()):
            return web.Response(status=401)
        limit = request.query.get("limit", "")
        page = demo_page(
            request.query.get("after", ""),
            int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 4 else 100,
            opened_at=self._opened_at,
            now=self._clock.now(),
        )
        told = {"leads": page.leads, "cursor": page.cursor, "more": page.has_more}
        text = json.dumps(told, ensure_ascii=False)
        return web.Response(text=text, content_type="application/json", charset="utf-8")
