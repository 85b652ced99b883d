"""A small plan for one PBX and its carrier, the same every time."""

from dataclasses import replace

from dialplans.plan import (
    AmiUserPlan,
    Behaviour,
    CarrierPhone,
    CarrierPlan,
    DidPlan,
    DutyTime,
    OpenTime,
    PbxPlan,
    PhoneKind,
    PhonePlan,
    StaticShift,
    StaticTarget,
    TrunkPlan,
)


def pbx_plan(**changes: object) -> PbxPlan:
    plan = PbxPlan(
        system_name="small",
        bind_host="127.0.0.1",
        sip_port=5060,
        rtp_ports=(10000, 10100),
        ami_port=5038,
        agi_host="127.0.0.1",
        agi_port=4573,
        recordings_dir="/var/lib/dealerline/recordings",
        cel_file="/var/log/dealerline/cel.csv",
        agi_script="/var/lib/dealerline/agi/dealerline-route",
        ami_users=(
            AmiUserPlan("dealerline", "ami;secret", ("call", "user"), ("call", "originate", "reporting")),
        ),
        trunks=(
            TrunkPlan(
                "main",
                "sip.example.org",
                5060,
                "+74950000000",
                username="line7",
                secret="trunk-secret",
                register=True,
            ),
        ),
        phones=(
            PhonePlan(
                "p12", PhoneKind.SIP, 'Салон "Двери"; центр', secret="phone-secret-12", extension="112"
            ),
            PhonePlan("p31", PhoneKind.EXTERNAL, "Мобильный", number="+79001112233", lines=2),
            PhonePlan(
                "p40",
                PhoneKind.SIP,
                "Оператор",
                secret="phone-secret-40",
                accept_by_key=False,
                shows_caller=True,
            ),
        ),
        dids=(
            DidPlan(
                "+74951234567",
                "Москва, сайт",
                targets=("o7", "h1"),
                greeting="dealerline/hello",
                waits_with_music=True,
            ),
        ),
        targets=(
            StaticTarget(
                "o7",
                "Двери: Центр",
                "outlet",
                ("p12", "p31"),
                20,
                "Asia/Yekaterinburg",
                (OpenTime(540, 1079, "mon-fri"), OpenTime(0, 1439, "sat&sun")),
            ),
            StaticTarget(
                "h1",
                "Операторы",
                "operators",
                ("p40",),
                30,
                "Europe/Moscow",
                (OpenTime(540, 1259, "mon-sun"),),
            ),
        ),
        other_targets=("h1",),
        duty_keys=("p40", "p31"),
        music_dir="/srv/pbx/music",
        has_phrases=True,
        duty_shifts=(
            StaticShift(("p31", "p40"), (DutyTime(23, 11, 1080, 1439), DutyTime(24, 11, 0, 359))),
            StaticShift(("p40", "p31"), (DutyTime(24, 11, 360, 1079),)),
        ),
    )
    return replace(plan, **changes)


def carrier_plan(**changes: object) -> CarrierPlan:
    plan = CarrierPlan(
        system_name="carrier",
        bind_host="127.0.0.1",
        sip_port=5070,
        rtp_ports=(20000, 20100),
        pbx_host="127.0.0.1",
        pbx_sip_port=5060,
        trunk_name="main",
        trunk_secret="trunk-secret",
        sounds_dir="/var/lib/dealerline/tones",
        phones=(
            CarrierPhone("p12", 440, "phone-secret-12"),
            CarrierPhone("+79001112233", 480, behaviour=Behaviour.NO_ANSWER),
        ),
    )
    return replace(plan, **changes)
