"""A plan as the channel variables of dialplans.contract."""

from callcore.outbound.masked_way import MaskedWay
from callcore.routing.model import Plan
from dialplans import contract


def masked_variables(way: MaskedWay) -> tuple[tuple[str, str], ...]:
    """The same for a dealer's own telephone that gets his customer: no steps."""
    return (
        (contract.OUT_NUMBER, way.number),
        (contract.OUT_CLI, way.cli),
        (contract.GREETING_SOUND, way.notice),
        (contract.STEPS, "0"),
        (contract.MASKED, way.phone_key),
    )


def reply_variables(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Name and value in the order of setting. ROUTED is not among them: the AGI server sets it last, alone. Values
    hold phone keys, numbers and sound names only: nothing that a caller or a dealer typed reaches the dialplan."""
    steps = plan.steps[: contract.MAX_STEPS]
    pairs = [
        (contract.GREETING_SOUND, plan.greeting_sound),
        (contract.WHISPER_SOUND, plan.whisper_sound),
        (contract.WAITING, plan.waiting),
        (contract.LANGUAGE, plan.language),
    ]
    for number, step in enumerate(steps, start=1):
        pairs += [
            (contract.STEP_KEYS.format(n=number), "-".join(step.phone_keys[: contract.MAX_KEYS_PER_STEP])),
            (contract.STEP_RING_S.format(n=number), str(step.ring_s)),
            (contract.STEP_KIND.format(n=number), str(step.kind)),
        ]
        if step.wait_s:
            wait_s = min(step.wait_s, contract.MAX_WAIT_S)
            pairs.append((contract.STEP_WAIT_S.format(n=number), str(wait_s)))
    pairs.append((contract.STEPS, str(len(steps))))
    return tuple(pairs)
