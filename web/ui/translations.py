"""Interface text is Russian in the templates; other languages come from gettext catalogues in web/ui/i18n.

`pybabel extract -F web/ui/i18n/babel.cfg` collects what is wrapped in `_()`.
"""

import gettext
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

_CATALOGUES = Path(__file__).parent / "i18n"
_KEPT = 4096


def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; Russian, and what has none yet, gives the text itself."""
    return gettext.translation("dealerline", _CATALOGUES, languages=[language], fallback=True)


def make_underscore(catalogue: gettext.NullTranslations) -> Callable[..., Markup]:
    """`_("text", name=value)` as Jinja's newstyle gettext has it, values escaped; a text without values is made once.

    A page asks for hundreds of texts: Jinja's own `_` looks the function up and formats anew each time.
    """

    @lru_cache(maxsize=_KEPT)
    def ready(text: str) -> Markup:
        return Markup(catalogue.gettext(text)) % {}  # noqa: S704 - the text is the template's own

    def underscore(text: str, **values: object) -> Markup:
        return Markup(catalogue.gettext(text)) % values if values else ready(text)  # noqa: S704

    return underscore
