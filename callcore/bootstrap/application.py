"""The running application: the parts in the order of dependence, started in that order, stopped in reverse."""

import asyncio
import signal
from contextlib import suppress

from aiohttp import web

from callcore.asterisk.agi.server import AgiSettings
from callcore.asterisk.ami import AmiSettings, AsteriskPbx
from callcore.asterisk.answering.application_side import AnsweringProcess, Knowledge
from callcore.asterisk.answering.messages import Decided
from callcore.asterisk.inbound import InboundRouting
from callcore.asterisk.secrets import PbxSecrets
from callcore.asterisk.snapshot_file import SnapshotFile
from callcore.bootstrap.callback_services import Callbacks
from callcore.bootstrap.change_watch import LOOK_S, ChangeWatch
from callcore.bootstrap.charges import ChargeKeeper
from callcore.bootstrap.dialling import make_dialling
from callcore.bootstrap.distribution_services import keep_distribution
from callcore.bootstrap.duty_services import DutyKeeper
from callcore.bootstrap.geocoder import keep_pins
from callcore.bootstrap.health import Health, add_gauges
from callcore.bootstrap.lead_services import Leads
from callcore.bootstrap.live_state import LiveKeeper
from callcore.bootstrap.masked_keeper import MaskedKeeper
from callcore.bootstrap.message_services import Messages
from callcore.bootstrap.message_ways import message_ways
from callcore.bootstrap.numbering_file import NumberingFile
from callcore.bootstrap.open_hours import OpenHours
from callcore.bootstrap.order_card_services import OrderWatch
from callcore.bootstrap.order_feed import OrderFeed
from callcore.bootstrap.press_services import RevealKeeper
from callcore.bootstrap.recording_services import recording_settings, recording_stores
from callcore.bootstrap.robot_services import Robot
from callcore.bootstrap.routing_options import routing_options
from callcore.bootstrap.site import make_site
from callcore.bootstrap.value_services import DealerValues
from callcore.bootstrap.voice_services import keep_shelf, make_shelf
from callcore.bootstrap.what_if import WhatIf
from callcore.calls.audience import audience_of
from callcore.calls.cel_file import CelReader
from callcore.calls.events import CallEnded, RecordingReady
from callcore.calls.facts import PbxFact
from callcore.calls.follow_calls import CallFollower
from callcore.calls.phone_reach import PhoneReach
from callcore.calls.reconcile import CallReconciler
from callcore.calls.recording_pause import PauseRecording
from callcore.intake.once import forget_old
from callcore.kernel.bus import Bus, Event
from callcore.kernel.clock import SystemClock
from callcore.kernel.database import Database
from callcore.kernel.errors import NotAllowedNow
from callcore.kernel.garbage import set_aside
from callcore.kernel.logs import configure_logs, get_logger
from callcore.kernel.metrics import Metrics
from callcore.kernel.migrations import schema_state
from callcore.kernel.tasks import TaskOwner, every
from callcore.orders.attach_call import AttachCall
from callcore.orders.claim_requests import claim_requests
from callcore.outbound.masked_link import LinkMasked
from config.settings import Settings
from recordings.pipeline import RecordingWorker
from web.live.hub import LiveHub

_log = get_logger(__name__)
REFRESH_S = 5.0
CLAIM_S = 3.0
FORGET_S = 3600.0
DUTY_S = 20.0
BOOTED_WAIT_S = 1.0  # our AMI user may not read `system`, so FullyBooted does not come to it


class Application:
    """Everything of one process. `start` returns when it serves; `stop` lets present requests finish."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self.metrics = Metrics()
        self.bus = Bus()
        self.tasks = TaskOwner("application")
        self.database = Database(settings.database.url.get_secret_value())
        self.pbx = AsteriskPbx(ami_settings(settings), self.clock)
        self.shelf = make_shelf(settings, self.database)
        self.numbering = NumberingFile(settings.numbering.dir)
        options = routing_options(settings)
        self.reach = PhoneReach(self.pbx)
        self.masked = MaskedKeeper(self.database, self.clock)
        self.live = LiveKeeper(
            self.database,
            self.clock,
            unreachable=lambda: self.reach.unreachable,
            talking=lambda: self.follower.phones_in_use(),
            pairs=lambda: self.masked.ties(),
        )
        self.charges = ChargeKeeper(self.database, self.clock)
        self.what_if = WhatIf(
            self.database,
            self.clock,
            self.numbering.current,
            options,
            live=self.live.live,
            sounds=lambda: self.shelf.sounds,
        )
        self.routing = InboundRouting(
            database=self.database,
            clock=self.clock,
            numbering=self.numbering.current,
            options=options,
            live=lambda: self.live.current,
            sounds=lambda: self.shelf.sounds,
        )
        self.snapshot_file = SnapshotFile(settings.pbx.agi_dir, self.clock, self.live.live)
        linker = LinkMasked(AttachCall())
        self.follower = CallFollower(
            pbx=self.pbx,
            database=self.database,
            bus=self.bus,
            clock=self.clock,
            directory=self.routing,
            linker=linker,
            hear=self._hear,
        )
        self.dialling = make_dialling(
            self.pbx, self.database, self.bus, self.clock, lambda: self.reconciler.read_to
        )
        self.reconciler = CallReconciler(
            reader=CelReader(settings.pbx.cel_file, self.database),
            database=self.database,
            bus=self.bus,
            clock=self.clock,
            directory=self.routing,
            linker=linker,
            is_busy_with=self.follower.is_busy_with,
            saw_whole=self.follower.saw_whole,
            heard_since=self.follower.heard_since,
        )
        self.answering = AnsweringProcess(
            _agi_settings(settings),
            Knowledge(lambda: self.routing.snapshot, lambda: self.live.current, self.masked.ways),
            self._decided,
            log_level=settings.log.level,
            log_style=settings.log.style,
        )
        self.stores = recording_stores(settings)
        self.recordings = RecordingWorker(
            self.database,
            self.clock,
            recording_settings(settings),
            self._on_recording,
            stores=self.stores,
        )
        self.robot = Robot(self)
        self.callbacks = Callbacks(self)
        self.leads = Leads(self)
        self.pauses = PauseRecording(
            self.database, self.bus, self.clock, self.pbx, settings.recordings.pause_limit_s
        )
        hours = OpenHours(lambda: self.routing.snapshot)
        ways = message_ways(settings, self.database, self.clock)
        self.messages = Messages(self.database, self.clock, self.bus, ways, hours)
        self.health = Health(
            self.database,
            self.pbx,
            self.routing,
            self.recordings.health,
            settings.recordings.store_dir,
            self.messages.check,
            lambda: self.answering.is_answering,
        )
        self.hub = LiveHub(self.bus, lambda: self.pbx.health().connected)
        self._site: web.AppRunner | None = None

    async def start(self) -> None:
        """Raises DatabaseUnavailable, NotAllowedNow("schema-old") or OSError for a taken port."""
        await self._check_schema()
        await self.answering.prepare()
        await self._refresh()
        await self.masked.look()
        await self.live.refresh()
        add_gauges(self.metrics, self.health, lambda: self.hub.count)
        self.messages.add_gauges(self.metrics)
        self.bus.subscribe(self._on_event)
        self.bus.subscribe(self.live.on_event)
        await self.follower.start()
        await self.answering.start()
        await self.pbx.start()
        await self.reconciler.start()
        _ = self.tasks.spawn("reach", self.reach.keep_asking())
        self.live.start(self.tasks)
        self.masked.start(self.tasks)
        self.dialling.attempts.start(self.tasks)
        self.charges.start(self.bus, self.tasks)
        DealerValues(self.database, self.clock).start(self.tasks)
        self.recordings.start(self.tasks)
        await self.pauses.start(self.tasks)
        self.messages.start()
        OrderFeed(self.database, self.bus, self.clock).start(self.tasks)
        keep_shelf(self.shelf, self.tasks)
        watch = ChangeWatch(self.database, self._refresh, REFRESH_S)
        _ = self.tasks.spawn("refresh", every(LOOK_S, watch.look))
        keep_distribution(self.database, self.clock, self.tasks)
        await keep_pins(self.settings.geocoder, self.database, self.clock, self.tasks)
        duty = DutyKeeper(self.database, self.clock, lambda: self.routing.snapshot)
        _ = self.tasks.spawn("duty", every(DUTY_S, duty.tell))
        _ = self.tasks.spawn("claim", every(CLAIM_S, self._claim_requests))
        _ = self.tasks.spawn("forget", every(FORGET_S, self._forget_keys))
        await OrderWatch(self.database, self.clock).start(self.tasks)
        await self.robot.start(self.tasks)
        self.callbacks.start(self.tasks)
        await self.leads.start(self.tasks)
        RevealKeeper(self.database, self.clock).start(self.tasks)
        await self._start_site()
        _log.info("application started", address=f"{self.settings.web.host}:{self.settings.web.port}")

    async def stop(self) -> None:
        """New calls go to the fallback from the first line on; what is being answered is finished."""
        await self.answering.close()
        if self._site is not None:
            await self._site.cleanup()
        await self.reconciler.close()
        await self.follower.close()
        await self.pbx.close()
        await self.recordings.close()
        await self.messages.close()
        await self.tasks.close()
        await self.leads.close()
        await self.database.close()
        _log.info("application stopped")

    async def _check_schema(self) -> None:
        state = await asyncio.to_thread(schema_state, self.database.url)
        if not state.is_current:
            raise NotAllowedNow(
                "schema-old", "Схема базы устарела. Выполните: ./dealerline db upgrade --config …"
            )

    async def _refresh(self) -> None:
        """Reads the network; what the PBX decides by without us follows, however long it could not be written."""
        await self.routing.refresh()
        if (snapshot := self.routing.snapshot) is not None:
            await asyncio.to_thread(self.snapshot_file.keep, snapshot)

    async def _start_site(self) -> None:
        app = make_site(self)
        self._site = web.AppRunner(app, access_log=None, shutdown_timeout=5)
        await self._site.setup()
        await web.TCPSite(self._site, self.settings.web.host, self.settings.web.port).start()

    def _decided(self, told: Decided) -> None:
        """A plan that the PBX has taken."""
        self.live.note(told.given)
        self.metrics.route_seconds.observe(told.took_s)
        self.metrics.route_decisions.labels(told.fact.warning or "none").inc()
        self.follower.offer(told.fact)

    def _hear(self, fact: PbxFact) -> None:
        self.reach.hear(fact)
        self.dialling.attempts.hear(fact)
        self.pauses.hear(fact)
        self.live.look_soon()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, CallEnded):
            _log.debug("call ended", call_id=event.call_id, result=event.result)
            self.metrics.calls_ended.labels(event.result).inc()
            self.recordings.wake(event.call_id)

    def _on_recording(self, recording_id: int, call_id: str) -> None:
        _ = self.tasks.spawn("announce", self._announce_recording(recording_id, call_id))

    async def _announce_recording(self, recording_id: int, call_id: str) -> None:
        async with self.database.session() as session:
            audience = await audience_of(session, call_id)
        self.bus.publish(
            RecordingReady(at=self.clock.now(), audience=audience, recording_id=recording_id, call_id=call_id)
        )

    async def _forget_keys(self) -> None:
        """Of requests of which nobody sends a repeat any more."""
        async with self.database.transaction() as session:
            await forget_old(session, self.clock.now())

    async def _claim_requests(self) -> None:
        """A request of a region's number belongs to the dealer who talked, soon after he did."""
        async with self.database.transaction() as session:
            await claim_requests(session, now=self.clock.now())


async def run(settings: Settings) -> None:
    """Until SIGTERM or SIGINT."""
    configure_logs(settings.log.level, settings.log.style)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, ended.set)
    application = Application(settings)
    try:
        await application.start()
        set_aside()
        await ended.wait()
    finally:
        await application.stop()


def ami_settings(settings: Settings) -> AmiSettings:
    ami = settings.ami
    secret = ami.secret.get_secret_value() or PbxSecrets(settings.pbx.secrets_file).get("ami")["ami"]
    return AmiSettings(ami.host, ami.port, ami.username, secret, booted_wait_s=BOOTED_WAIT_S)


def _agi_settings(settings: Settings) -> AgiSettings:
    agi = settings.agi
    return AgiSettings(
        agi.host, agi.port, decide_limit_s=agi.decide_limit_s, max_connections=agi.max_connections
    )
