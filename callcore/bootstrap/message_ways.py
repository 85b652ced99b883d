"""By which ways messages leave, as the settings say; in the demonstration none of them leads outside."""

from collections.abc import Callable
from dataclasses import dataclass, field

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.messaging.catcher import Catcher, CaughtLetters
from callcore.messaging.mail import LetterSender, MailServer, SmtpSender
from callcore.messaging.rules import MailTls
from callcore.messaging.sms.http_sender import Dialect, HttpHook, HttpProvider, HttpSmsSender
from callcore.messaging.sms.port import SmsNews, SmsSender
from callcore.messaging.sms.route import SmsRoute
from callcore.messaging.sms.smpp_sender import SmppSender, SmppServer
from callcore.messaging.sms.twilio_sender import HOOK_PATH, TwilioAccount, TwilioHook, TwilioSender
from callcore.messaging.sms_news import take_heard, take_news
from config.sections import MailSettings, SmsSettings
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class MessageWays:
    """`site_address` begins links, empty for none. `letters` None: mail is not set up. `hook` checks what Twilio says,
    `http_hook` what the provider of `[sms] http_*` says."""

    site_address: str = ""
    letters: LetterSender | None = None
    sms: SmsRoute = field(default_factory=lambda: SmsRoute(()))
    catcher: Catcher | None = None
    hook: TwilioHook | None = None
    http_hook: HttpHook | None = None


def message_ways(settings: Settings, database: Database, clock: Clock) -> MessageWays:
    if settings.demo:
        catcher = Catcher(clock)
        site = settings.mail.site_address or f"http://{settings.web.host}:{settings.web.port}"
        return MessageWays(site, CaughtLetters(catcher), SmsRoute((catcher,)), catcher)
    mail, sms = settings.mail, settings.sms
    account = _account(sms, mail.site_address)
    makers: dict[str, Callable[[], SmsSender]] = {
        "twilio": lambda: TwilioSender(account),
        "http": lambda: HttpSmsSender(_provider(sms)),
        "smpp": lambda: _smpp(sms, database, clock),
    }
    senders: list[SmsSender] = [makers[name]() for name in sms.senders]
    return MessageWays(
        mail.site_address,
        SmtpSender(_server(mail)) if mail.host else None,
        SmsRoute(senders),
        hook=TwilioHook(account) if "twilio" in sms.senders and account.hook_address else None,
        http_hook=_http_hook(sms),
    )


def _server(mail: MailSettings) -> MailServer:
    return MailServer(
        mail.host, mail.port, mail.username, mail.password.get_secret_value(), MailTls(mail.tls), mail.sender
    )


def _account(sms: SmsSettings, site_address: str) -> TwilioAccount:
    return TwilioAccount(
        account=sms.twilio_account,
        token=sms.twilio_token.get_secret_value(),
        sender=sms.twilio_sender,
        hook_address=f"{site_address.rstrip('/')}{HOOK_PATH}" if site_address else "",
        address=sms.twilio_url,
        limit_s=sms.limit_s,
    )


def _provider(sms: SmsSettings) -> HttpProvider:
    return HttpProvider(
        dialect=Dialect(sms.http_dialect),
        address=sms.http_url,
        login=sms.http_login,
        password=sms.http_password.get_secret_value(),
        signature=sms.http_sender,
        limit_s=sms.limit_s,
    )


def _http_hook(sms: SmsSettings) -> HttpHook | None:
    secret = sms.http_hook_secret.get_secret_value()
    is_told = "http" in sms.senders and sms.http_dialect == "smsc"
    return HttpHook(secret) if is_told and secret else None


def _smpp(sms: SmsSettings, database: Database, clock: Clock) -> SmppSender:
    async def news(sender: str, news: SmsNews) -> bool:
        async with database.transaction() as session:
            return await take_news(session, sender, news, clock.now())

    async def heard(number: str, text: str) -> None:
        async with database.transaction() as session:
            await take_heard(session, number, text, clock.now())

    server = SmppServer(
        host=sms.smpp_host,
        port=sms.smpp_port,
        system_id=sms.smpp_login,
        password=sms.smpp_password.get_secret_value(),
        signature=sms.smpp_sender,
        is_tls=sms.smpp_tls,
        limit_s=sms.limit_s,
    )
    return SmppSender(server, news, heard)
