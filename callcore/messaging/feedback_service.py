"""Reviews, complaints and surveys as rooms of pages use them: each step in a transaction of its own."""

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.messaging.feedback import (
    FeedbackKind,
    SurveyView,
    answer_survey,
    survey_of,
)
from callcore.messaging.feedback_desk import (
    FeedbackPage,
    FeedbackState,
    FeedbackView,
    decide,
    feedback_view,
    find_feedback,
    open_complaints,
)
from callcore.network.model import Viewer


class FeedbackDesk:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(
        self, viewer: Viewer, kind: FeedbackKind, state: FeedbackState | None, after: int | None
    ) -> FeedbackPage:
        async with self._database.session() as session:
            return await find_feedback(session, viewer, kind, state=state, after=after)

    async def view(self, viewer: Viewer, feedback_id: int) -> FeedbackView:
        async with self._database.session() as session:
            return await feedback_view(session, viewer, feedback_id)

    async def open_complaints(self, viewer: Viewer) -> int:
        async with self._database.session() as session:
            return await open_complaints(session, viewer)

    async def decide(
        self, viewer: Viewer, feedback_id: int, state: FeedbackState, answer: str, seen: FeedbackState
    ) -> None:
        async with self._database.transaction() as session:
            await decide(session, viewer, feedback_id, state, answer, seen=seen, now=self._clock.now())

    async def survey(self, token: str) -> SurveyView:
        async with self._database.transaction() as session:
            return await survey_of(session, token)

    async def answer(self, token: str, score: int | None, text: str) -> None:
        async with self._database.transaction() as session:
            await answer_survey(session, token, score, text, self._clock.now())
