"""Interface text is Russian in the templates; other languages come from gettext catalogues in web/ui/i18n.

`pybabel extract -F web/ui/i18n/babel.cfg` collects what is wrapped in `_()`.
"""

import gettext
from pathlib import Path

_CATALOGUES = Path(__file__).parent / "i18n"


def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; Russian, and what has none yet, gives the text itself."""
    return gettext.translation("dealerline", _CATALOGUES, languages=[language], fallback=True)
