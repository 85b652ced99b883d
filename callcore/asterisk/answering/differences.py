"""What is new in Live since it was told last. Pure; big mappings travel as what changed in them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from callcore.routing.live import Live

_NAMES: Final = tuple(one.name for one in fields(Live))


@dataclass(frozen=True, slots=True)
class MappingNews:
    """Keys with new values, and keys that have gone."""

    new: Mapping[Any, Any]
    gone: tuple[Any, ...]


def news_of(before: Live, after: Live) -> dict[str, Any]:
    """By field: a MappingNews for a mapping, else the new value. Whoever keeps Live leaves a field alone that did not change
    and a mapping's value that did not."""
    found: dict[str, Any] = {}
    for name in _NAMES:
        old, new = getattr(before, name), getattr(after, name)
        if new is not old:
            found[name] = _mapping_news(old, new) if isinstance(new, Mapping) else new
    return found


def with_news(live: Live, news: Mapping[str, Any]) -> Live:
    return replace(live, **{name: _renewed(getattr(live, name), value) for name, value in news.items()})


def _mapping_news(old: Mapping[Any, Any], new: Mapping[Any, Any]) -> MappingNews:
    fresh = {key: value for key, value in new.items() if key not in old or old[key] is not value}
    gone = tuple(key for key in old if key not in new) if len(old) + len(fresh) > len(new) else ()
    return MappingNews(fresh, gone)


def _renewed(old: Any, value: Any) -> Any:
    if not isinstance(value, MappingNews):
        return value
    renewed = {**old, **value.new}
    for key in value.gone:
        renewed.pop(key, None)
    return renewed
