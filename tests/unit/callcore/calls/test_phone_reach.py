from datetime import timedelta

import pytest

from callcore.calls.facts import PbxLost, PbxSnapshot, PhoneStateChanged
from callcore.calls.phone_reach import PhoneReach, PhoneState
from tests.fakes.clock import MONDAY_NOON, FakeClock
from tests.fakes.pbx import FakePbx

pytestmark = pytest.mark.unit


def changed(key: str, state: str) -> PhoneStateChanged:
    return PhoneStateChanged(MONDAY_NOON + timedelta(seconds=1), key, state)


@pytest.fixture
def pbx() -> FakePbx:
    pbx = FakePbx(FakeClock())
    pbx.phones = {"p1": "available", "p2": "unavailable", "p3": "in_use"}
    return pbx


async def test_the_list_and_then_its_changes(pbx: FakePbx) -> None:
    reach = PhoneReach(pbx)
    pbx.connect()
    assert await reach.ask()
    assert reach.unreachable == {"p2"}
    reached, lost = PhoneState.REACHABLE, PhoneState.UNREACHABLE
    assert reach.phone_states() == {1: reached, 2: lost, 3: reached}
    reach.hear(changed("p1", "unavailable"))
    reach.hear(changed("p2", "available"))
    reach.hear(changed("p3", "ringing"))
    assert reach.unreachable == {"p1"}


async def test_without_the_link_every_phone_is_taken_for_reachable(pbx: FakePbx) -> None:
    reach = PhoneReach(pbx)
    assert not await reach.ask()
    pbx.connect()
    await reach.ask()
    reach.hear(PbxLost(MONDAY_NOON, "cut"))
    assert (reach.unreachable, reach.is_known) == (frozenset(), False)
    assert reach.phone_states() == {}
    reach.hear(changed("p1", "unavailable"))
    assert reach.unreachable == frozenset()


async def test_what_changes_while_the_list_is_asked_for_is_newer(pbx: FakePbx) -> None:
    reach = PhoneReach(pbx)
    pbx.connect()
    states = pbx.phone_states

    async def slow() -> dict[str, str]:
        answer = await states()
        reach.hear(changed("p2", "available"))
        reach.hear(changed("p1", "unavailable"))
        return answer

    pbx.phone_states = slow  # type: ignore[method-assign]
    await reach.ask()
    assert reach.unreachable == {"p1"}


async def test_a_snapshot_wakes_the_question(pbx: FakePbx) -> None:
    reach = PhoneReach(pbx)
    pbx.connect()
    reach.hear(PbxSnapshot(MONDAY_NOON, (), restarted=False, system_name="fake"))
    assert reach._wanted.is_set()
