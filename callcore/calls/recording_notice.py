"""Whether somebody whom we call is told that the talk is recorded, and in which words."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.settings import CallSettings, call_settings
from callcore.network.tables import DidRow
from callcore.network.wording import RECORDING_NOTICE
from dialplans.contract import Phrase

_USUAL: Final = "ru"


def notice_sound(settings: CallSettings, *, says_recorded: bool, language: str) -> str:
    """The sound that he hears before he is joined, empty for none. `says_recorded` and `language` are of the number of
    ours that he sees: who calls it hears the notice, so who is called from it does, too."""
    if not (settings.announces_recording or says_recorded):
        return ""
    return f"dealerline/{Phrase.RECORDED}-{language if language in RECORDING_NOTICE else _USUAL}"


async def notice_for(session: AsyncSession, cli: str) -> str:
    """`cli` E.164; of a number that is none of the tracked ones the setting alone decides."""
    did = (
        await session.execute(select(DidRow.says_recorded, DidRow.language).where(DidRow.number == cli))
    ).first()
    says, language = (did.says_recorded, did.language) if did is not None else (False, _USUAL)
    return notice_sound(await call_settings(session), says_recorded=says, language=language)
