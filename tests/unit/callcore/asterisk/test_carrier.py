"""What the simulated carrier is told, and the voices that it plays."""

import base64
import wave

import pytest

from callcore.asterisk.carrier import CustomerCall, SimulatedCarrier, tone_hz, write_tone, write_tones
from callcore.kernel.errors import Invalid, NotFound
from dialplans.plan import Behaviour
from tests.audio import is_heard
from tests.factories.pbx import carrier_plan

pytestmark = pytest.mark.unit


class Console:
    def __init__(self, tables=()):
        self.asked, self.tables = [], dict(tables)

    async def __call__(self, command):
        self.asked.append(command)
        if command.startswith("database show"):
            return self.tables.get(command.split()[-1], "0 results found.\n")
        return " p12/sip:127.0.0.1:5060   p12   Registered   (exp. 278s)\n"


def make(tmp_path, tables=()):
    for name in ("tmp", "outgoing"):
        (tmp_path / name).mkdir()
    console = Console(tables)
    return SimulatedCarrier(carrier_plan(sounds_dir=str(tmp_path)), console, tmp_path), console


def test_voices_are_apart_and_below_the_telephones_limit():
    voices = [tone_hz(n) for n in range(74)]
    assert len(set(voices)) == 74
    assert min(voices) > 400
    assert max(voices) <= 3400


def test_a_tone_is_a_bearable_telephone_sound(tmp_path):
    path = write_tone(tmp_path, 640)
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
    assert is_heard(path, 640)
    assert not is_heard(path, 680)
    assert write_tone(tmp_path, 640) == path


def test_all_voices_of_a_plan_are_made(tmp_path):
    write_tones(carrier_plan(sounds_dir=str(tmp_path / "tones")))
    assert {path.name for path in (tmp_path / "tones").iterdir()} == {
        "tone-400.wav",
        "tone-440.wav",
        "tone-480.wav",
    }


async def test_hostile_text_travels_in_base64(tmp_path):
    customers, _ = make(tmp_path)
    name = 'a\r\nApplication: System\r\n"${X}",;'
    call = await customers.place_call(CustomerCall("+7916\nSet: X=1", "7495,1", talk_s=5, caller_name=name))
    (path,) = (tmp_path / "outgoing").iterdir()
    assert path.name == call
    lines = path.read_text().splitlines()
    assert not [line for line in lines if line.startswith("Application")]
    values = dict(line.removeprefix("Set: __").split("=", 1) for line in lines if line.startswith("Set: "))
    assert base64.b64decode(values["NAME64"]).decode() == name
    assert values["CALL"] == call
    assert values["TONE"].removeprefix(f"{tmp_path}/") + ".wav" in {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("call", [CustomerCall("1" * 201, "7495"), CustomerCall("+7916", "7495", talk_s=0.5)])
async def test_an_impossible_call_is_refused(tmp_path, call):
    customers, _ = make(tmp_path)
    with pytest.raises(Invalid):
        await customers.place_call(call)
    assert list((tmp_path / "outgoing").iterdir()) == []


async def test_behaviours_are_the_plans_until_told(tmp_path):
    customers, _ = make(
        tmp_path,
        {"behave": "/behave/p12                     : busy                     \n1 results found.\n"},
    )
    assert await customers.behaviours() == {"p12": Behaviour.BUSY, "+79001112233": Behaviour.NO_ANSWER}


async def test_a_telephone_is_told(tmp_path):
    customers, console = make(tmp_path)
    await customers.set_behaviour("+79001112233", Behaviour.REJECT)
    assert "database put behave +79001112233 reject" in console.asked
    await customers.set_think_s("p12", 2.5)
    assert "database put think p12 2.5" in console.asked
    with pytest.raises(NotFound):
        await customers.set_behaviour("p99; x", Behaviour.BUSY)


async def test_only_a_telephone_that_was_gone_registers(tmp_path):
    customers, console = make(tmp_path, {"behave": "/behave/p12    : unregistered   \n"})
    await customers.set_behaviour("p12", Behaviour.ACCEPT)
    assert "pjsip send register p12" in console.asked
    console.tables.clear()
    console.asked.clear()
    await customers.set_behaviour("p12", Behaviour.BUSY)
    assert not [command for command in console.asked if command.startswith("pjsip send")]


async def test_calls_and_their_ends_are_read(tmp_path):
    customers, console = make(
        tmp_path,
        {
            "call": "/call/abc   : Local/voice@customer-00000001;1   \n",
            "result": "/result/xyz   : ANSWER 16  \n",
        },
    )
    assert await customers.calls_in_progress() == ("abc",)
    assert await customers.result("xyz") == "ANSWER 16"
    assert await customers.result("abc") is None
    await customers.hang_up("abc")
    assert console.asked[-1] == "channel request hangup Local/voice@customer-00000001;1"
    with pytest.raises(NotFound):
        await customers.hang_up("xyz")


async def test_a_screen_is_read(tmp_path):
    shown = base64.b64encode("Пётр <+7916>".encode()).decode()
    customers, _ = make(tmp_path, {"seen": f"/seen/p12   : {shown}   \n"})
    assert await customers.screen_of("p12") == "Пётр <+7916>"
    assert await customers.screen_of("p13") is None
