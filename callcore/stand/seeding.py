"""The demo network in a stand's database, its telephones, its logins and its first call."""

from collections.abc import Mapping
from dataclasses import dataclass

from callcore.asterisk.carrier import CustomerCall, SimulatedCarrier
from callcore.demo import phones
from callcore.demo.data import load_demo_data
from callcore.demo.logos import keep_demo_logos
from callcore.demo.password import demo_password
from callcore.demo.seed import DemoSecrets, seed
from callcore.demo.seed import demo_logins as people_of
from callcore.kernel.clock import SystemClock
from callcore.kernel.database import Database
from callcore.network.lines import Wiring
from callcore.network.logo_store import LogoStore
from callcore.stand.layout import StandDirs
from config.settings import Settings
from dialplans.plan import Behaviour
from web.ui.templates import ROLE_TITLES

FIRST_TALK_S = 12.0
ROBOT_HEARD_OUT = "w" * 40 + "1"  # listens for twenty seconds, then confirms


@dataclass(frozen=True, slots=True)
class Login:
    role_title: str
    email: str
    password: str


async def seed_stand(database: Database, dirs: StandDirs) -> bool:
    """True when the network was made now."""
    done = await seed(database, SystemClock().now(), DemoSecrets(demo_password(dirs.secrets)))
    if done.created:
        await keep_demo_logos(database, LogoStore(dirs.logos))
    return done.created


async def seed_from_settings(settings: Settings) -> str:
    """For `db seed`: fills an empty database and says what it did and how to sign in."""
    password = demo_password(settings.pbx.secrets_file)
    database = Database(settings.database.url.get_secret_value())
    try:
        done = await seed(database, SystemClock().now(), DemoSecrets(password))
        if done.created:
            await keep_demo_logos(database, LogoStore(settings.dealers.logos_dir))
    finally:
        await database.close()
    if not done.created:
        return "В базе уже есть сеть: ничего не изменено."
    people = "\n".join(f"  {ROLE_TITLES[login.role]}: {login.email}" for login in done.logins)
    return f"Показательная сеть создана. Пароль у всех: {password}\n{people}"


def demo_logins(dirs: StandDirs) -> tuple[Login, ...]:
    password = demo_password(dirs.secrets)
    return tuple(Login(ROLE_TITLES[one.role], one.email, password) for one in people_of(load_demo_data()))


def telephone_behaviours(wiring: Wiring) -> Mapping[str, Behaviour]:
    return phones.phone_behaviours(load_demo_data(), wiring)


async def answer_robot(carrier: SimulatedCarrier, settings: Settings) -> None:
    """Whom the robot is about to call listens and presses 1."""
    database = Database(settings.database.url.get_secret_value())
    try:
        for number in await phones.awaits_robot(database):
            await carrier.set_press(number, ROBOT_HEARD_OUT)
    finally:
        await database.close()


async def first_call(carrier: SimulatedCarrier, settings: Settings) -> CustomerCall:
    """A known customer with an open order calls, so that the pages are alive."""
    database = Database(settings.database.url.get_secret_value())
    try:
        sample = await phones.first_call(database, load_demo_data(), SystemClock().now())
    finally:
        await database.close()
    call = CustomerCall(
        sample.from_number, sample.to_did, talk_s=FIRST_TALK_S, caller_name=sample.caller_name
    )
    await carrier.place_call(call)
    return call
