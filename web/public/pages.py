"""The room of pages for customers."""

from web.public import order_pages, site_pages
from web.public.services import SERVICES, PublicServices
from web.rooms import Room, get, post
from web.security.access import PUBLIC


def room(services: PublicServices) -> Room:
    return Room(
        "public",
        (
            get("/site/order", site_pages.show, PUBLIC),
            post("/site/order", site_pages.take, PUBLIC),
            get("/site/{org_id}/order", site_pages.show, PUBLIC),
            post("/site/{org_id}/order", site_pages.take, PUBLIC),
            get("/o/{public_id}", order_pages.show, PUBLIC),
            post("/o/{public_id}/message", order_pages.say, PUBLIC),
            post("/o/{public_id}/confirm", order_pages.confirm, PUBLIC),
            post("/o/{public_id}/feedback", order_pages.feedback, PUBLIC),
            post("/o/{public_id}/unsubscribe", order_pages.stop_ads, PUBLIC),
            get("/o/{public_id}/files/{file_id}", order_pages.file, PUBLIC),
        ),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
