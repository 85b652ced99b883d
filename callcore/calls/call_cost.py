"""What the carrier takes for a call out: his price of a minute by the kind of number, in steps in which he bills. Pure."""

from callcore.calls.settings import CallSettings
from callcore.kernel.phone_kinds import NumberKind, kind_of

MINUTE_S = 60


def cost_of(number: str, talk_s: int, settings: CallSettings) -> int:
    """Kopecks, rounded up, of `talk_s` with E.164 `number`; a call that nobody took, and one to a free number, cost nothing.
    Only the outside number's side: phones of ours cost nothing unless they are outside numbers, too."""
    if talk_s <= 0 or not number.startswith("+"):
        return 0
    kind = kind_of(number)
    if kind is NumberKind.FREE:
        return 0
    price = settings.mobile_kopecks if kind is NumberKind.MOBILE else settings.fixed_kopecks
    step = max(1, settings.billed_by_s)
    billed_s = -(-talk_s // step) * step
    return -(-price * billed_s // MINUTE_S)
