"""A message worker in a process of its own, to be killed: python -m tests.fakes.killed_worker DATABASE_URL SMTP_PORT NOW"""

import asyncio
import sys
from datetime import datetime

from callcore.kernel.bus import Bus
from callcore.kernel.database import Database
from callcore.messaging.mail import MailServer, SmtpSender
from callcore.messaging.rules import MailTls
from callcore.messaging.tell import Teller
from callcore.messaging.texts import Texts
from callcore.messaging.worker import MessageWorker
from tests.fakes.clock import FakeClock


async def work(url: str, port: int, now: datetime) -> None:
    server = MailServer("127.0.0.1", port, "", "", MailTls.NONE, "dealerline@example.test")
    teller = Teller(Texts(), "https://calls.example.test/")
    await MessageWorker(
        database=Database(url), clock=FakeClock(now), bus=Bus(), teller=teller, sender=SmtpSender(server)
    ).pass_over()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])))
