"""Captured AMI streams (tests/scenarios/streams): text with LF, comment lines `;` on top, an empty line per event."""

from pathlib import Path

from callcore.asterisk.ami.decoder import AmiDecoder, parse
from callcore.asterisk.ami.translate import translate
from callcore.calls.facts import PbxFact

STREAMS = Path(__file__).resolve().parents[1] / "scenarios" / "streams"


def stream_bytes(name: str) -> bytes:
    """The stream as it came over the wire, without the greeting."""
    text = (STREAMS / f"{name}.ami").read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if not line.startswith(";")]
    return "\r\n".join(lines).lstrip("\r\n").encode()


def stream_facts(name: str) -> list[PbxFact]:
    """Its facts, in order of arrival; other events are left out."""
    decoder = AmiDecoder()
    decoder.feed(b"Asterisk Call Manager/11.0.0\r\n")
    found = (translate(parse(message)) for message in decoder.feed(stream_bytes(name)))
    return [fact for fact in found if fact is not None]
