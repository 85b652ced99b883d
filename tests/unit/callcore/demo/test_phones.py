import pytest

from callcore.demo.data import load_demo_data
from callcore.demo.network_rows import network_rows
from callcore.demo.phones import phone_behaviours, sample_calls
from callcore.network.lines import Line, Wiring
from callcore.network.model import PhoneOwner
from dialplans.plan import Behaviour
from tests.fakes.clock import MONDAY_NOON

pytestmark = pytest.mark.unit


def wiring() -> Wiring:
    rows = network_rows(load_demo_data(), MONDAY_NOON, "!").phones
    lines = (
        Line(
            id=row["id"],
            is_sip=row["kind"] == "sip",
            label=row["label"],
            number=row["number"],
            extension=row["extension"],
            owner=PhoneOwner(row["owner"]),
            duty_position=row["duty_position"],
            lines=1,
            accept_by_key=row["accept_by_key"],
        )
        for row in rows
    )
    return Wiring(tuple(lines), ())


def test_most_phones_take_the_call_and_some_do_something_else() -> None:
    wired = wiring()
    odd = phone_behaviours(load_demo_data(), wired)
    assert len(odd) < len(wired.phones) / 3
    assert {
        Behaviour.BUSY,
        Behaviour.NO_ANSWER,
        Behaviour.DECLINE,
        Behaviour.REJECT,
        Behaviour.UNREGISTERED,
    } <= set(odd.values())
    assert Behaviour.ACCEPT not in odd.values()


def test_the_duty_phones_always_take_the_call() -> None:
    wired = wiring()
    duty = [line for line in wired.phones if line.owner is PhoneOwner.DUTY]
    assert [line.duty_position for line in duty] == [1, 2]
    assert [line.is_sip for line in duty] == [True, False]
    odd = phone_behaviours(load_demo_data(), wired)
    assert not {f"p{line.id}" if line.is_sip else line.number for line in duty} & set(odd)


def test_behaviour_goes_by_the_phone_not_by_its_id() -> None:
    added = Line(900, True, "Новый телефон", "", "299", PhoneOwner.OUTLET, None, 1, True)
    wired = wiring()
    with_more = Wiring((added, *wired.phones), ())
    assert phone_behaviours(load_demo_data(), with_more) == phone_behaviours(load_demo_data(), wired)


def test_extensions_are_unique() -> None:
    extensions = [line.extension for line in wiring().phones if line.is_sip]
    assert all(extensions)
    assert len(extensions) == len(set(extensions))


def test_sample_customers_call_numbers_that_exist() -> None:
    data = load_demo_data()
    assert {call.to_did for call in sample_calls(data)} <= {did.number for did in data.dids}
