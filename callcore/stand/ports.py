"""Loopback ports of a stand: those asked for, those of the last time, or free ones."""

import socket
from dataclasses import dataclass

from callcore.kernel.errors import Invalid

HOST = "127.0.0.1"
_RTP_SPAN = 400


@dataclass(frozen=True, slots=True)
class StandPorts:
    """TCP: web, ami, carrier_ami, agi. UDP: sip, carrier_sip, and RTP from `rtp` and `carrier_rtp` upwards."""

    web: int
    sip: int
    carrier_sip: int
    ami: int
    carrier_ami: int
    agi: int
    rtp: int
    carrier_rtp: int

    @property
    def rtp_range(self) -> tuple[int, int]:
        return self.rtp, self.rtp + _RTP_SPAN - 1

    @property
    def carrier_rtp_range(self) -> tuple[int, int]:
        return self.carrier_rtp, self.carrier_rtp + _RTP_SPAN - 1


def choose_ports(web: int | None, sip: int | None, last: StandPorts | None) -> StandPorts:
    """Raises Invalid("port-busy") that names the asked port which somebody else holds."""
    for name, port, kind in (("--port", web, socket.SOCK_STREAM), ("--sip-port", sip, socket.SOCK_DGRAM)):
        if port is not None and not _is_free(port, kind):
            raise Invalid(
                "port-busy",
                f"Порт {port} ({name}) занят другой программой: остановите её или выберите другой порт.",
            )
    tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
    taken: set[int] = set()
    old = last or StandPorts(8080, 5060, 5070, 5038, 5039, 4573, 20000, 21000)
    return StandPorts(
        web=web or _take(old.web, tcp, taken),
        sip=sip or _take(old.sip, udp, taken),
        carrier_sip=_take(old.carrier_sip, udp, taken | {sip or 0}),
        ami=_take(old.ami, tcp, taken | {web or 0}),
        carrier_ami=_take(old.carrier_ami, tcp, taken | {web or 0}),
        agi=_take(old.agi, tcp, taken | {web or 0}),
        rtp=_take_span(old.rtp, taken),
        carrier_rtp=_take_span(old.carrier_rtp, taken),
    )


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _take(wished: int, kind: socket.SocketKind, taken: set[int]) -> int:
    for port in range(wished, wished + 2000):
        if port not in taken and _is_free(port, kind):
            taken.add(port)
            return port
    raise Invalid("port-busy", f"Не нашлось свободного порта рядом с {wished}.")


def _take_span(wished: int, taken: set[int]) -> int:
    for first in range(wished, 60000, _RTP_SPAN):
        span = range(first, first + _RTP_SPAN)
        if not taken & set(span) and all(_is_free(port, socket.SOCK_DGRAM) for port in span[::20]):
            taken.update(span)
            return first
    raise Invalid("port-busy", "Не нашлось свободных портов для голоса (RTP).")
