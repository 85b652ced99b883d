import asyncio
import threading

import pytest
from argon2 import PasswordHasher

from callcore.network import passwords
from callcore.network.passwords import PasswordCheck, hash_password

pytestmark = pytest.mark.unit

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def test_right_wrong_and_nobody() -> None:
    check = PasswordCheck(CHEAP)
    stored = hash_password("синий кит 42", hasher=CHEAP)
    assert await check.is_right(stored, "синий кит 42")
    assert not await check.is_right(stored, "синий кит 43")
    assert not await check.is_right(None, "синий кит 42")


@pytest.mark.parametrize("stored", ["!", "", "$argon2id$v=19$m=8,t=1,p=1$x$y", "$2b$12$abc", "plain"])
async def test_an_unreadable_hash_opens_nothing(stored: str) -> None:
    assert not await PasswordCheck(CHEAP).is_right(stored, stored)


async def test_nobody_costs_a_real_computation() -> None:
    """The stand-in for an unknown person is a hash of the present parameters."""
    seen: list[str] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            seen.append(str(hash))
            return super().verify(hash, password)

    await PasswordCheck(Watched(time_cost=1, memory_cost=8, parallelism=1)).is_right(None, "whatever")
    assert len(seen) == 1
    assert not CHEAP.check_needs_rehash(seen[0])


def test_the_hash_is_argon2id_with_a_fresh_salt() -> None:
    one, two = hash_password("a long password"), hash_password("a long password")
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != two


async def test_other_parameters_ask_for_a_new_hash() -> None:
    old = hash_password("a long password", hasher=PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    check = PasswordCheck(CHEAP)
    renewed = await check.renewed(old, "a long password")
    assert renewed is not None
    assert await check.is_right(renewed, "a long password")
    assert await check.renewed(renewed, "a long password") is None


async def test_odd_characters_are_a_wrong_password_not_an_error() -> None:
    stored = hash_password("a long password", hasher=CHEAP)
    assert not await PasswordCheck(CHEAP).is_right(stored, "\x00\ud800 ☃" * 1000)


async def test_at_most_two_are_computed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0
    lock = threading.Lock()
    both_inside = threading.Barrier(passwords.AT_ONCE)

    def slow(*_: object) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both_inside.wait(5)
        with lock:
            running -= 1
        return False

    check = PasswordCheck(CHEAP)
    monkeypatch.setattr(check, "_verify", slow)
    await asyncio.gather(*(check.is_right(None, "x") for _ in range(6)))
    assert most == passwords.AT_ONCE
