"""What the room of feedback needs from below; bootstrap fills it."""

from aiohttp import web

from callcore.messaging.feedback_service import FeedbackDesk

SERVICES = web.AppKey("feedback_desk", FeedbackDesk)
