"""The web application with its rooms and their services."""

from typing import TYPE_CHECKING

from aiohttp import web

from callcore.bootstrap.account_services import account_seal, account_services
from callcore.bootstrap.audit_services import AuditReader
from callcore.bootstrap.customer_page_services import CustomerDesk
from callcore.bootstrap.customer_services import CustomerReader
from callcore.bootstrap.dealer_reader import DealerReader, dealer_options
from callcore.bootstrap.did_services import DidReader
from callcore.bootstrap.distribution_services import offer_services
from callcore.bootstrap.duty_services import DutyKeeper
from callcore.bootstrap.efficiency_services import efficiency_services
from callcore.bootstrap.health import exposition
from callcore.bootstrap.import_services import OrderImport
from callcore.bootstrap.intake_services import IntakeDesk
from callcore.bootstrap.map_services import MapReader
from callcore.bootstrap.message_services import MessageReader
from callcore.bootstrap.order_card_services import OrderCardReader
from callcore.bootstrap.order_list_services import OrderListReader
from callcore.bootstrap.overview_services import OverviewReader
from callcore.bootstrap.palette_services import PaletteReader
from callcore.bootstrap.pause_services import PauseReader
from callcore.bootstrap.people_services import PeopleReader
from callcore.bootstrap.points_reader import PointsReader
from callcore.bootstrap.policy_reader import PolicyReader
from callcore.bootstrap.press_services import PressDesk
from callcore.bootstrap.recording_services import RecordingDesk
from callcore.bootstrap.services import Reader
from callcore.bootstrap.setting_services import SettingReader
from callcore.bootstrap.strategy_reader import StrategyReader
from callcore.bootstrap.telling_services import telling_rooms
from callcore.bootstrap.trade_reader import TradeReader
from callcore.bootstrap.transfer_services import TransferDesk
from callcore.bootstrap.value_services import DealerValues
from callcore.demo.data import load_demo_data
from callcore.demo.password import demo_password
from callcore.demo.seed import demo_logins
from callcore.network.sign_in import SignIn
from callcore.orders.file_store import FolderStore
from config.settings import Settings
from web.account.pages import room as account_room
from web.api.pages import room as api_room
from web.app import make_app
from web.audit.pages import room as audit_room
from web.callbacks.pages import room as callback_room
from web.calls.pages import room as call_room
from web.calls.press_pages import room as press_room
from web.customers.pages import room as customer_room
from web.dealers.pages import room as dealer_room
from web.dealers.points_pages import room as points_room
from web.dealers.trade_pages import room as trade_room
from web.deps import DemoLogin, WebDeps
from web.desk.pages import room as desk_room
from web.dids.pages import room as did_room
from web.duty.pages import room as duty_room
from web.efficiency.pages import room as efficiency_room
from web.intake.import_pages import room as import_room
from web.intake.pages import room as intake_room
from web.leads.pages import room as lead_room
from web.live.pages import room as live_room
from web.map.pages import room as map_room
from web.orders.card_pages import room as order_card_room
from web.orders.list_pages import room as order_list_room
from web.orders.offer_pages import room as offer_room
from web.overview.pages import room as overview_room
from web.palette.pages import room as palette_room
from web.pause.pages import room as pause_room
from web.people.pages import room as people_room
from web.public.callback_pages import room as callback_door
from web.public.pages import room as public_room
from web.recordings.pages import room as recording_room
from web.robot.pages import room as robot_room
from web.routing.pages import room as policy_room
from web.settings.pages import room as setting_room
from web.strategies.pages import room as strategy_room
from web.transfers.pages import room as transfer_room
from web.ui.compiled import compiled_templates
from web.ui.pin import MapTiles
from web.ui.templates import ROLE_TITLES
from web.value.pages import room as value_room

if TYPE_CHECKING:
    from callcore.bootstrap.application import Application


def make_site(application: "Application") -> web.Application:
    settings, metrics = application.settings, application.metrics

    def observe(method: str, route: str, status: int, seconds: float) -> None:
        metrics.http_seconds.labels(method, route, str(status)).observe(seconds)

    reader = Reader(
        application.database,
        application.clock,
        application.stores,
        lambda: application.reach.phone_states(),
    )
    dealers = DealerReader(application.database, application.clock, dealer_options(settings))
    duty = DutyKeeper(application.database, application.clock, lambda: application.routing.snapshot)

    def regions_of(number: str) -> tuple[str, ...]:
        return application.numbering.current().regions_of(number)

    intake = IntakeDesk(application.database, application.clock, regions_of)
    messages, feedback = telling_rooms(application.database, application.clock, application.messages.ways)
    seal = account_seal(settings.pbx.secrets_file)
    return make_app(
        WebDeps(
            sign_in=SignIn(application.database, application.clock, seal=seal),
            clock=application.clock,
            template_cache=compiled_templates(settings.web.templates_dir),
            rooms=(
                overview_room(
                    OverviewReader(
                        application.database,
                        application.clock,
                        application.health.checks,
                        lambda: application.routing.made_at,
                        duty.coming_gaps,
                    ).services()
                ),
                desk_room(reader.desk()),
                call_room(reader.calls()),
                recording_room(
                    RecordingDesk(
                        application.database,
                        application.clock,
                        application.recordings.night,
                        application.stores,
                        application.tasks,
                        reader.choices,
                        application.pauses,
                    ).services()
                ),
                transfer_room(
                    TransferDesk(
                        application.database,
                        application.clock,
                        application.pbx,
                        lambda: application.reach.unreachable,
                        reader.choices,
                    ).services()
                ),
                press_room(PressDesk(application).services()),
                callback_room(application.callbacks.services()),
                callback_door(application.callbacks.door),
                efficiency_room(efficiency_services(application.database, reader.choices)),
                order_list_room(
                    OrderListReader(application.database, application.clock, reader.choices).services()
                ),
                order_card_room(
                    OrderCardReader(
                        application.database,
                        application.clock,
                        files_dir=settings.orders.files_dir,
                        max_file_bytes=settings.orders.max_file_mb * 1024 * 1024,
                        place_url=settings.web.place_url,
                        finds_places=settings.geocoder.service != "none",
                    ).services()
                ),
                offer_room(offer_services(application.database, application.clock)),
                customer_room(
                    CustomerReader(
                        application.database,
                        application.clock,
                        application.stores,
                        FolderStore(settings.orders.files_dir, settings.orders.max_file_mb * 1024 * 1024),
                    ).services()
                ),
                *MessageReader(
                    application.database,
                    application.clock,
                    application.bus,
                    has_mail=application.messages.ways.letters is not None,
                ).rooms(),
                feedback,
                dealer_room(dealers.services()),
                points_room(PointsReader(application.database, application.clock).services()),
                trade_room(TradeReader(application.database, application.clock).services()),
                duty_room(duty.services()),
                pause_room(PauseReader(application.database, application.clock).services()),
                map_room(
                    MapReader(
                        application.database,
                        application.clock,
                        lambda: application.routing.snapshot,
                        settings.web.place_url,
                    ).services()
                ),
                value_room(DealerValues(application.database, application.clock).services()),
                did_room(
                    DidReader(
                        application.database,
                        application.clock,
                        lambda did, caller, at: application.routing.decide(did, caller, at),
                        lambda text, language: application.shelf.preview(text, language),
                    ).services()
                ),
                policy_room(PolicyReader(application.what_if).services()),
                strategy_room(StrategyReader(application.database, application.clock).services()),
                setting_room(SettingReader(application.database, application.clock).services()),
                lead_room(application.leads.services()),
                robot_room(application.robot.services()),
                messages,
                api_room(intake.api()),
                intake_room(intake.form()),
                import_room(OrderImport(application.database, application.clock, regions_of).services()),
                public_room(
                    CustomerDesk(
                        application.database,
                        application.clock,
                        intake,
                        FolderStore(settings.orders.files_dir, settings.orders.max_file_mb * 1024 * 1024),
                    ).services()
                ),
                people_room(PeopleReader(application.database, application.clock, seal).services()),
                audit_room(AuditReader(application.database, application.clock).services()),
                account_room(account_services(application.database, application.clock, seal)),
                palette_room(PaletteReader(application.database, application.clock).services()),
                live_room(application.hub),
            ),
            demo=settings.demo,
            map_tiles=MapTiles(settings.web.map_tiles, settings.web.map_credit),
            demo_logins=_demo_logins(settings),
            search_path="/orders",
            api_door=intake.keys,
            first_page=dealers.first_page,
            secure=settings.web.secure,
            behind_proxy=settings.web.trusted_proxy,
            pbx_connected=lambda: application.pbx.health().connected,
            health=application.health.checks,
            metrics=lambda: exposition(metrics),
            observe=observe,
        )
    )


def _demo_logins(settings: Settings) -> tuple[DemoLogin, ...]:
    """People of the demo network, with their common password, for the buttons of its sign-in page."""
    if not settings.demo:
        return ()
    password = demo_password(settings.pbx.secrets_file)
    return tuple(
        DemoLogin(ROLE_TITLES[one.role], one.email, password) for one in demo_logins(load_demo_data())
    )
