"""Random policies, people and shifts for property tests: whatever may stand in a database."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from callcore.network.days import DayException
from callcore.network.directory_rows import Person
from callcore.network.policy import (
    ActivePolicy,
    FixRule,
    Policy,
    Quota,
    QuotaUnit,
    Ringing,
    Stage,
    StageKind,
)
from callcore.network.shifts import Shift
from tests.fakes import network

ORGS = st.integers(1, 8)  # one of them is nobody's
codes = st.lists(st.sampled_from(["RU-MOW", "RU-SVE", "RU-XX"]), max_size=2, unique=True).map(tuple)
rules = st.builds(FixRule, ORGS, codes, st.lists(st.integers(1, 4), max_size=2, unique=True).map(tuple))
quotas = st.builds(Quota, ORGS, st.sampled_from(QuotaUnit), st.integers(0, 120))
stages = st.builds(
    Stage,
    kind=st.sampled_from(StageKind),
    ring_s=st.sampled_from([0, 15]),
    ringing=st.sampled_from(Ringing),
    rules=st.lists(rules, max_size=3).map(tuple),
    quotas=st.lists(quotas, max_size=3).map(tuple),
    min_points=st.integers(-10, 30),
    best=st.integers(0, 3),
)
policies = st.builds(
    Policy,
    stages=st.lists(stages, max_size=4).map(tuple),
    min_points=st.one_of(st.none(), st.integers(-10, 30)),
    to_neighbours=st.booleans(),
    max_outlets=st.integers(0, 25),
    max_neighbours=st.integers(0, 5),
)


@st.composite
def with_policies(draw, directory, made_at):
    """The same network with neighbours, points, ways of ringing, people with pauses and hours, shifts and two policies."""
    orgs = tuple(
        replace(
            org,
            points=draw(st.integers(-20, 40)),
            rating=draw(st.none() | st.integers(0, 40)),
            is_authorised=draw(st.booleans()),
        )
        for org in directory.orgs
    )
    outlets = tuple(
        replace(
            outlet,
            ringing=draw(st.sampled_from(Ringing)),
            max_calls=draw(st.sampled_from([None, None, 0, 1, 2])),
        )
        for outlet in directory.outlets
    )
    extra = [network.outlet_phone(5000 + outlet.id, outlet.id) for outlet in outlets[::2]]
    phones = tuple(
        replace(phone, person=draw(people(made_at)), position=draw(st.integers(0, 2)))
        for phone in (*directory.phones, *extra)
    )
    starts = draw(st.lists(st.integers(-20_000, 600_000), max_size=3))
    shifts = tuple(
        Shift(
            number,
            made_at.replace(microsecond=0) + timedelta(seconds=at),
            made_at.replace(microsecond=0) + timedelta(seconds=at + 40_000),
            (draw(st.sampled_from([phone.key for phone in phones])), "p1"),
        )
        for number, at in enumerate(sorted(starts))
    )
    usual, special = draw(policies), draw(policies)
    return replace(
        directory,
        regions=(
            replace(network.MOSCOW, neighbours=("RU-SVE", "RU-XX")),
            replace(network.URAL, neighbours=("RU-MOW",)),
        ),
        orgs=orgs,
        outlets=outlets,
        phones=phones,
        shifts=shifts,
        dids=(*network.dids()[:1], *(replace(did, policy_id=2) for did in network.dids()[1:])),
        policies=(ActivePolicy(1, 3, "Основная", usual), ActivePolicy(2, 1, "Москва", special)),
    )


@st.composite
def people(draw, made_at):
    if draw(st.integers(0, 3)):
        return None
    until = draw(st.one_of(st.none(), st.integers(0, 10_000)))
    return Person(
        1,
        "Анна",
        draw(st.sampled_from(["Asia/Kamchatka", "Mars/Base"])),
        draw(st.sampled_from([None, network.WORKDAYS, network.ALWAYS, {"mon": "нет"}])),
        works_on_holidays=draw(st.booleans()),
        pause=draw(st.sampled_from(["", "обед"])),
        paused_until=None if until is None else made_at + timedelta(minutes=until),
        exceptions=draw(exceptions_of(made_at)),
    )


def exceptions_of(made_at):
    day = made_at.date() + timedelta(days=1)
    whole, part = DayException(day, (), "отпуск"), DayException(day, (("10:00", "03:00"),), "")
    return st.sampled_from([(), (), (whole,), (part,)])
