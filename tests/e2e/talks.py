"""Real calls as browser tests need them: a telephone that is picked up when the test says so, a talk with its recording."""

import time
from dataclasses import dataclass

from dialplans.plan import Behaviour
from tests.installation.office import Office, until

CUSTOMER_HZ = 2800
SHORT_TALK_S = 4.0  # too short to open the customer's number to a dealer
RECORDING_LIMIT_S = 60


@dataclass(frozen=True, slots=True)
class Talk:
    """One call that is over, as the journal has it. `voice_hz` is the tone of the telephone that talked."""

    number: str
    call_id: str
    row_id: int
    order_number: int
    customer_id: int
    talk_s: int
    recording_id: int
    voice_hz: int


@dataclass(frozen=True, slots=True)
class OwnPhone:
    """The telephone of one person of the head office."""

    office: Office
    key: str

    async def rings_since(self, limit_s: float = 60) -> float:
        """Waits for the PBX channel of this phone to ring; gives the monotonic instant of the question that was answered so."""
        asked = 0.0

        async def rings() -> bool:
            nonlocal asked
            asked = time.monotonic()
            lines = (await self.office.channels()).splitlines()
            return any(line.startswith(f"PJSIP/{self.key}-") and "!Ringing!" in line for line in lines)

        await until(f"{self.key} rings", rings, limit_s)
        return asked

    async def pick_up(self) -> None:
        """Of a telephone that was told to ring for ever; it must be the only such one."""
        lines = (await self.office.stand.carrier.cli("core show channels concise")).splitlines()
        ringing = [line.split("!")[0] for line in lines if line.split("!")[1:3] == ["do", "noanswer"]]
        assert len(ringing) == 1, lines
        await self.office.stand.carrier.cli(f"channel redirect {ringing[0]} do,answer,1")


async def let_pick_up(office: Office) -> None:
    """The carrier's console learns `channel redirect`, by which `OwnPhone.pick_up` works; no other test needs it."""
    assert "Loaded" in await office.stand.carrier.cli("module load res_clioriginate.so")


async def own_phone(office: Office, login: str) -> OwnPhone:
    """This person's telephone rings until it is picked up; those of all other operators are busy."""
    rows = office.rows(
        "SELECT p.id, u.email FROM phones p JOIN users u ON u.id = p.user_id WHERE p.owner = 'operator' AND p.is_active"
    )
    keys = {row["email"].partition("@")[0]: f"p{row['id']}" for row in rows}
    behaviours = await office.stand.carrier.behaviours()
    for other, key in keys.items():
        wanted = Behaviour.NO_ANSWER if other == login else Behaviour.BUSY
        if behaviours[key] is not Behaviour.UNREGISTERED:
            await office.behave((key,), wanted)
    return OwnPhone(office, keys[login])


async def recorded_talk(
    office: Office, number: str = "+79160000731", talk_s: float = SHORT_TALK_S, caller_name: str = "Ольга"
) -> Talk:
    """The first telephone of the dealer takes the call."""
    first, *others = office.dealer_keys
    await office.behave(tuple(others), Behaviour.BUSY)
    await office.over(await office.call(number, talk_s=talk_s, tone_hz=CUSTOMER_HZ, caller_name=caller_name))
    return await talk_of(office, number, office.tone_of(first))


async def talk_of(office: Office, number: str, voice_hz: int) -> Talk:
    """The call of this number, once its recording can be played."""
    call = await until("the journal has the call", lambda: office.ended_call_of(number))
    assert call["result"] == "answered"
    recording = await until(
        "the recording is ready",
        lambda: office.rows(
            "SELECT id FROM recordings WHERE call_row_id = ? AND state = 'ready'", call["id"]
        ),
        RECORDING_LIMIT_S,
    )
    order = office.rows("SELECT number FROM orders WHERE id = ?", call["order_id"])[0]
    return Talk(
        number,
        call["call_id"],
        call["id"],
        order["number"],
        call["customer_id"],
        call["talk_s"],
        recording[0]["id"],
        voice_hz,
    )
