"""The decision of the script beside the PBX, of the published snapshot alone: the same plan as callcore.routing.decide
gives when it knows nothing of what is live. No package of ours, for it becomes a part of the script (see deploy.py);
a property test holds both together.
"""

from array import array
from bisect import bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BY_INSTANTS = -1  # stands for the zone of a schedule that opens and closes at these epoch seconds
MAX_STEPS = 20
MAX_KEYS = 20
PHONES, RING_S, SCHEDULE, ORG, ID, POINTS, RINGING, RATING = range(8)  # of an outlet in the document
_WEEK_MIN = 7 * 24 * 60
_EPOCH_MIN = 3 * 24 * 60  # 1970-01-01 was a Thursday


def plan(
    snapshot: "dict[str, Any]",
    numbering: "tuple[array[int], array[int]]",
    did: str,
    caller: str,
    now: float,
) -> "list[tuple[str, str]]":
    """Channel variables in the order of setting, as callcore.asterisk.route_reply gives them."""
    opened = _Open(snapshot, now)
    number = _find_did(snapshot, did)
    known = snapshot["regions_known"]
    found = [number["region"]] if number["region"] else _regions_of(snapshot, numbering, caller)
    codes = [code for code in found if code in known or code == number["region"]]
    tail = [*_operators(snapshot["operators"], opened), *_duty(snapshot["duty"], now)]
    steps = _Choice(snapshot, opened, number, codes).steps(MAX_STEPS - len(tail))
    whisper = [number["whisper"], snapshot["region_sounds"].get(codes[0], "") if codes else ""]
    pairs = [
        ("DL_GREETING", number["greeting"] or snapshot["greeting"]),
        ("DL_WHISPER", "&".join(part for part in whisper if part) or snapshot["whisper"]),
        ("DL_WAITING", number["waiting"]),
        ("DL_LANG", number["language"]),
    ]
    for place, (keys, ring_s, kind, wait_s) in enumerate([*steps, *tail], start=1):
        pairs += [
            (f"DL_STEP_{place}_KEYS", "-".join(keys)),
            (f"DL_STEP_{place}_RING", str(ring_s)),
            (f"DL_STEP_{place}_KIND", kind),
        ]
        if wait_s:
            pairs.append((f"DL_STEP_{place}_WAIT", str(wait_s)))
    pairs.append(("DL_STEPS", str(len(steps) + len(tail))))
    return pairs


def _operators(office: "dict[str, Any]", opened: "_Open") -> "list[tuple[list[str], int, str, int]]":
    keys = opened.keys_of(office["phones"]) if opened[office["schedule"]] else []
    groups = [keys[at : at + MAX_KEYS] for at in range(0, len(keys), MAX_KEYS)][: office["groups"]]
    last = len(groups) - 1
    return [
        (group, office["ring_s"], "operators", office["wait_s"] if place == last else 0)
        for place, group in enumerate(groups)
    ]


def _duty(shifts: "list[Any]", now: float) -> "list[tuple[list[str], int, str, int]]":
    """`shifts`: from which epoch second on, whom in which order."""
    place = max(0, bisect_right([since for since, _ in shifts], now) - 1)
    return [(keys, ring_s, "duty", 0) for keys, ring_s in (shifts[place][1] if shifts else ())]


class _Choice:
    """The dealers of one call, as callcore.routing.choose and ranking, when nothing is known of what is live."""

    def __init__(
        self, snapshot: "dict[str, Any]", opened: "_Open", number: "dict[str, Any]", codes: "list[str]"
    ) -> None:
        self._snapshot, self._opened, self._number, self._codes = snapshot, opened, number, codes
        self._policy = snapshot["policies"][number["policy"]]
        self._tried: set[int] = set()
        self._rings: list[tuple[list[Any], int]] = []
        self._gate = self._policy["gate"] if number["kind"] == "region" else None

    def steps(self, room: int) -> "list[tuple[list[str], int, str, int]]":
        kind, of = self._number["kind"], " ".join(self._codes)
        lists = {"org": self._snapshot["by_org"], "region": self._snapshot["by_region"]}.get(kind, {})
        among = lists.get(self._number["of"] if kind == "org" else of, [])
        left = min(self._policy["max_outlets"], room)
        for stage in self._policy["stages"]:
            left -= self._ring(stage, self._named(stage, among), left)
        if kind == "region" and self._policy["around"] is not None:
            among = self._snapshot["around"].get(of, [])
            stage = self._policy["around"]
            self._ring(stage, self._named(stage, among), min(stage["most"], room - len(self._rings)))
        found: list[tuple[list[str], int, str, int]] = []
        for place, ring in enumerate(self._rings):
            found += self._ring_steps(*ring, room - len(found) - (len(self._rings) - place - 1))
        return found

    def _named(self, stage: "dict[str, Any]", among: "list[int]") -> "list[list[Any]]":
        """Whom a stage may ring: several tries, of which the first with somebody who fits is taken."""
        order = _in_order([self._snapshot["outlets"][place] for place in among], stage["ringing"])
        kind = stage["kind"]
        if kind == "fix":
            return [self._below(order, org) for org in self._rule(stage["rules"])]
        if kind == "quota":
            return [self._below(order, org) for org in stage["owed"]] if self._number["kind"] != "org" else []
        if kind == "rating" and stage["best"]:
            best = self._best(stage, _in_order(order, "by-rating"))
            return [[outlet for outlet in order if outlet[ORG] in best]]
        return [[outlet for outlet in order if kind == "base" or outlet[RATING] >= stage["min"]]]

    def _rule(self, rules: "list[Any]") -> "list[int]":
        for org, codes, dids in rules:
            is_here = not codes or not set(codes).isdisjoint(self._codes)
            if is_here and (not dids or self._number["id"] in dids):
                return [org]
        return []

    def _below(self, order: "list[Any]", org: int) -> "list[Any]":
        orgs = self._snapshot["below"].get(str(org), ())
        return [outlet for outlet in order if outlet[ORG] in orgs]

    def _best(self, stage: "dict[str, Any]", order: "list[Any]") -> "set[int]":
        best: set[int] = set()
        for outlet in order:
            if len(best) == stage["best"] or outlet[RATING] < stage["min"]:
                break
            if self._keys(outlet):
                best.add(outlet[ORG])
        return best

    def _ring(self, stage: "dict[str, Any]", tries: "list[list[Any]]", left: int) -> int:
        """How many are rung; not more than are `left`."""
        taken: list[Any] = []
        weight = 0
        for wanted in tries if left > 0 else ():
            for outlet in wanted:
                keys = self._keys(outlet) if outlet[ORG] not in self._tried else []
                weight += len(keys) if stage["ringing"] == "all" else 0
                if taken and weight > MAX_KEYS:
                    break
                taken += [(outlet, keys)] if keys else []
                if len(taken) == left:
                    break
            if taken:
                break
        self._tried.update(outlet[ORG] for outlet, _ in taken)
        if stage["ringing"] == "all" and len(taken) > 1:
            self._rings.append((taken, stage["ring_s"]))
        else:
            self._rings += [([one], stage["ring_s"]) for one in taken]
        return len(taken)

    def _keys(self, outlet: "list[Any]") -> "list[str]":
        is_fit = self._opened[outlet[SCHEDULE]] and (self._gate is None or outlet[POINTS] >= self._gate)
        return self._opened.keys_of(outlet[PHONES]) if is_fit else []

    @staticmethod
    def _ring_steps(taken: "list[Any]", ring_s: int, room: int) -> "list[tuple[list[str], int, str, int]]":
        """As callcore.routing.ringing."""
        (outlet, keys), *others = taken
        if others:
            longest = ring_s or max(one[RING_S] for one, _ in taken)
            return [([key for _, found in taken for key in found][:MAX_KEYS], longest, "outlet", 0)]
        groups = [keys]
        if outlet[RINGING] != "all" and len(keys) > 1:
            groups = [[key] for key in keys[: room - 1]] + ([keys[room - 1 :]] if len(keys) >= room else [])
        return [(group, ring_s or outlet[RING_S], "outlet", 0) for group in groups]


def _in_order(outlets: "list[Any]", ringing: str) -> "list[Any]":
    if ringing == "least-recent":
        return sorted(outlets, key=lambda outlet: outlet[ID])
    if ringing == "by-rating":
        return sorted(outlets, key=lambda outlet: (-outlet[RATING], outlet[ORG], outlet[ID]))
    return outlets


class _Open(dict):  # type: ignore[type-arg]
    """Is schedule n open now. Each is worked out once; a zone is a table of offsets for the life of the snapshot."""

    def __init__(self, snapshot: "dict[str, Any]", now: float) -> None:
        super().__init__()
        self._now = now
        self._schedules = snapshot["schedules"]
        self._minutes = [_minute_of_week(clock, int(now)) for clock in snapshot["zones"]]

    def __missing__(self, number: int) -> bool:
        zone, edges = self._schedules[number]
        at = int(self._now) if zone == BY_INSTANTS else self._minutes[zone]
        is_open = self[number] = bisect_right(edges, at) % 2 == 1
        return is_open

    def keys_of(self, phones: "list[Any]") -> "list[str]":
        """Of those who are at work. A phone: its key, or key, hours of its person or -1, end of a pause (-1: open)."""
        return [
            phone if isinstance(phone, str) else phone[0]
            for phone in phones
            if isinstance(phone, str) or self._is_at_work(*phone)
        ]

    def _is_at_work(self, _key: str, schedule: int, paused_until: float) -> bool:
        is_paused = paused_until < 0 or self._now < paused_until
        return not is_paused and (schedule < 0 or self[schedule])


def _minute_of_week(clock: "list[list[int]]", now: int) -> int:
    """`clock`: from which epoch second on, how many seconds ahead of UTC."""
    place = max(0, bisect_right([since for since, _ in clock], now) - 1)
    return int(((now + clock[place][1]) // 60 + _EPOCH_MIN) % _WEEK_MIN)


def _find_did(snapshot: "dict[str, Any]", dialled: str) -> "dict[str, Any]":
    digits = "".join(sign for sign in dialled if sign in "0123456789") if len(dialled) <= 32 else ""
    forms = [f"+{digits}"]
    if len(digits) == 11 and digits.startswith("8"):
        forms.append(f"+7{digits[1:]}")
    if len(digits) == 10:
        forms.append(f"+7{digits}")
    dids = snapshot["dids"]
    found: dict[str, Any] = next((dids[form] for form in forms if form in dids), snapshot["unknown"])
    return found


def _regions_of(
    snapshot: "dict[str, Any]", numbering: "tuple[array[int], array[int]]", caller: str
) -> "list[str]":
    starts, regions = numbering
    national = _national_number(caller)
    place = bisect_right(starts, national) - 1 if national is not None else -1
    codes: list[str] = snapshot["sets"][regions[place]] if place >= 0 else []
    return codes


def _national_number(text: str) -> "int | None":
    """As callcore.routing.numbering.national_number."""
    if len(text) > 40 or not text.isascii():
        return None
    number = "".join(sign for sign in text if not (sign.isspace() or sign in "()-."))
    if len(number) > 10:
        prefix, number = number[:-10], number[-10:]
        if prefix not in ("7", "+7", "8"):
            return None
    return int(number) if len(number) == 10 and number.isdigit() else None
