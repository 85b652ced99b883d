"""The room of messages joins the application."""

from web.messages import order_pages, outside_pages, own_pages, pages, words_pages
from web.messages.services import SERVICES, MessageServices
from web.rooms import NavItem, Room


def room(services: MessageServices) -> Room:
    nav = [NavItem("Сообщения", "/messages", "send", pages.CHOOSE, "Настройки", "g e")]
    if services.catcher is not None:
        nav.append(NavItem("Почта и SMS демо", "/demo/messages", "mail", outside_pages.STAFF, "Настройки"))
    return Room(
        "messages",
        (
            *pages.routes(),
            *words_pages.routes(),
            *own_pages.routes(),
            *order_pages.routes(),
            *outside_pages.routes(
                hears_twilio=services.twilio is not None,
                hears_http=services.http_heard is not None,
                catches=services.catcher is not None,
            ),
        ),
        nav=tuple(nav),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
