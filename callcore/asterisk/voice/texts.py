"""What is to be said, from the network and the orders: each sentence with shorter ones for when it is too long. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callcore.asterisk.voice.model import USUAL_VOICE, Wanted, file_name
from callcore.asterisk.voice.phrases import PHRASES
from callcore.asterisk.voice.spoken import language_of
from callcore.network.directory_rows import Did
from callcore.network.wording import MAX_WHISPER_S, greeting_text, usual_whisper
from callcore.orders.open_orders import OpenOrder

MAX_GREETING_S = 60.0
FOLDER = "dealerline"  # under the PBX's sounds: what the dialplan plays is dealerline/<name>


@dataclass(frozen=True, slots=True)
class Texts:
    """Keys as in routing.sounds.Sounds."""

    greetings: dict[int, Wanted]
    by_did: dict[int, Wanted]
    by_region: dict[str, Wanted]
    by_order: dict[int, Wanted]
    by_site: dict[int, Wanted]

    def all(self) -> Iterable[Wanted]:
        yield from self.greetings.values()
        yield from self.by_did.values()
        yield from self.by_region.values()
        yield from self.by_order.values()
        yield from self.by_site.values()


def has_phrases(folder: Path) -> bool:
    """Whether the dialplan may name them. Blocking."""
    return all((folder / f"{name}.wav").is_file() for name in PHRASES)


def compiled_name(wanted: Wanted | None) -> str:
    """The sound of the first text, as a part of the dialplan that works without us names it; empty for none."""
    return f"{FOLDER}/{file_name(wanted.texts[0], wanted.language, USUAL_VOICE)}" if wanted else ""


def make_texts(
    dids: Sequence[Did],
    regions: dict[str, str],
    orders: Iterable[OpenOrder],
    sites: Mapping[int, str] | None = None,
) -> Texts:
    """`sites` that ask for callbacks: titles by id."""
    return Texts(
        greetings={did.id: wanted for did in dids if (wanted := greeting(did)) is not None},
        by_did={did.id: _whisper(did, regions) for did in dids},
        by_region={code: Wanted((name,), "ru", MAX_WHISPER_S) for code, name in regions.items()},
        by_order={order.id: _order(order, regions.get(order.region_code, "")) for order in orders},
        by_site={0: _site("")} | {key: _site(title) for key, title in (sites or {}).items()},
    )


def greeting(did: Did) -> Wanted | None:
    text = greeting_text(did.greeting, did.language, did.says_recorded)
    return Wanted((text,), did.language, MAX_GREETING_S) if text else None


def _whisper(did: Did, regions: dict[str, str]) -> Wanted:
    """In the language of the text, for dealers speak their own whatever the caller speaks."""
    usual = usual_whisper(did.source, regions.get(did.region_code or "", ""), did.label)
    short = usual_whisper(did.source, "", did.label)
    own = did.whisper.strip()
    texts = tuple(dict.fromkeys(text for text in (own, usual, short) if text))
    return Wanted(texts, language_of(own or usual), MAX_WHISPER_S)


def _site(title: str) -> Wanted:
    """Short, for the order or the region follows."""
    texts = (f"Обратный звонок с сайта {title}",) if title else ()
    return Wanted((*texts, "Обратный звонок"), "ru", MAX_WHISPER_S)


def _order(order: OpenOrder, region: str) -> Wanted:
    head, total = (
        f"Заказ {order.number}",
        f"{order.total_kopecks // 100} руб." if order.total_kopecks >= 100 else "",
    )
    choices = (
        (head, order.goods, total, region),
        (head, order.goods, total),
        (head, total, region),
        (head, total),
        (head,),
    )
    texts = (", ".join(part for part in parts if part) for parts in choices)
    return Wanted(tuple(dict.fromkeys(texts)), "ru", MAX_WHISPER_S)
