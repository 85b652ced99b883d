"""Icons from one SVG sprite, made of the Tabler icons that `icons.txt` names."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from web.ui.static_files import StaticFiles

LIST = Path(__file__).parent / "icons.txt"
SPRITE = "vendor/icons.svg"
KEPT = 1024  # a page has dozens of icons, all pages together a few hundred different ones


def icon_names(text: str) -> tuple[str, ...]:
    """Names, one a line; `#` starts a remark; «filled/name» takes the filled drawing, known as «name-filled»."""
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


def symbol_id(name: str) -> str:
    return f"{name.removeprefix('filled/')}-filled" if name.startswith("filled/") else name


def make_icon(static: StaticFiles) -> Callable[..., Markup]:
    """The template function `icon(name, label='')`: with a label it speaks, without one it is decoration."""
    known = frozenset(symbol_id(name) for name in icon_names(LIST.read_text(encoding="utf-8")))
    sprite = static.url(SPRITE)

    @lru_cache(maxsize=KEPT, typed=True)  # Markup and str of the same letters are not the same
    def icon(name: str, label: str = "", extra: str = "") -> Markup:
        if name not in known:
            raise LookupError(f"icon {name!r} is not in web/ui/icons.txt")
        voice = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
        return Markup('<svg class="icon {}" {}><use href="{}#{}"></use></svg>').format(
            extra, voice, sprite, name
        )

    return icon
