"""The one Jinja environment and `render`, by which every page is made."""

from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from callcore.network.model import Role
from web.keys import DEPS, STATIC, STYLE_NONCE, TEMPLATES
from web.rooms import NavItem
from web.security.access import permits
from web.security.sessions import session_of
from web.ui import formats, legs
from web.ui.flash import forget_flash, read_flash
from web.ui.icons import make_icon
from web.ui.static_files import StaticFiles
from web.ui.translations import make_underscore, translations

ROLE_TITLES: dict[Role, str] = {
    Role.ADMIN: "Администратор",
    Role.MANUFACTURER: "Менеджер завода",
    Role.SUPERVISOR: "Супервайзер",
    Role.OPERATOR: "Оператор",
    Role.MARKETER: "Маркетолог",
    Role.DEALER_OWNER: "Владелец дилера",
    Role.DEALER_MANAGER: "Менеджер дилера",
    Role.SUBDEALER: "Субдилер",
    Role.SEO: "SEO-специалист",
}


def make_environment(
    web_folder: Path,
    static: StaticFiles,
    *,
    auto_reload: bool,
    cache: jinja2.BytecodeCache | None = None,
) -> jinja2.Environment:
    """Base and components by their bare names; a room's templates as «room/name.html».

    With auto_reload a changed file is seen at once; without it everything is compiled here, so that no first visitor
    holds up the loop that also answers the PBX.
    """
    rooms = {
        folder.parent.name: jinja2.FileSystemLoader(folder)
        for folder in sorted(web_folder.glob("*/templates"))
        if folder.parent.name != "ui"
    }
    own = jinja2.FileSystemLoader(web_folder / "ui" / "templates")
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([own, jinja2.PrefixLoader(rooms)]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=auto_reload,
        bytecode_cache=cache,
        extensions=["jinja2.ext.i18n"],
    )
    catalogue = translations("ru")
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.globals["_"] = make_underscore(catalogue)
    for filter_ in (
        formats.moment, formats.moment_short, formats.clock_time, formats.day, formats.duration, formats.money,
        formats.number, formats.phone, formats.plural, formats.ago, formats.initials, formats.iso,
    ):  # fmt: skip
        environment.filters[filter_.__name__] = filter_
    environment.globals.update(
        static=static.url,
        icon=make_icon(static),
        leg_bars=legs.bars,
        leg_ticks=legs.ticks,
        role_titles=ROLE_TITLES,
    )
    if not auto_reload:
        for name in environment.list_templates(extensions=["html"]):
            environment.get_template(name)
    return environment


def render(request: web.Request, name: str, *, status: int = 200, **context: Any) -> web.Response:
    """A whole page or a fragment, as `name` is written.

    Every template also knows: viewer (or None), csrf_token, nav, path, now, demo, flash, pbx_connected, search_path,
    map_tiles.
    """
    deps = request.app[DEPS]
    session = session_of(request)
    flash = read_flash(request)
    frame: dict[str, Any] = {
        "viewer": session.viewer if session else None,
        "csrf_token": session.csrf_token if session else "",
        "acting_until": session.acting_until if session else None,
        "nav": _navigation(request),
        "room_scripts": tuple(dict.fromkeys(script for room in deps.rooms for script in room.scripts)),
        "path": request.path,
        "now": deps.clock.now(),
        "demo": deps.demo,
        "flash": flash,
        "pbx_connected": deps.pbx_connected(),
        "search_path": deps.search_path,
        "map_tiles": deps.map_tiles,
        "static_version": request.app[STATIC].version,
        "style_nonce": request.get(STYLE_NONCE, ""),
    }
    text = request.app[TEMPLATES].get_template(name).render(frame | context)
    response = web.Response(text=text, content_type="text/html", status=status)
    if flash is not None and "HX-Request" not in request.headers:
        forget_flash(response)
    return response


def _navigation(request: web.Request) -> tuple[NavItem, ...]:
    session = session_of(request)
    if session is None:
        return ()
    items = (item for room in request.app[DEPS].rooms for item in room.nav)
    return tuple(item for item in items if permits(item.access, session.viewer))
