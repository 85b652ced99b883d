"""Why an order was offered to whom, outside the running application."""

from callcore.distribution.why import WhyOrder, why
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable, NotFound
from config.settings import Settings


async def explain_order(settings: Settings, number: int) -> WhyOrder:
    """Raises NotFound for no such order, DatabaseUnavailable."""
    database = Database(settings.database.url.get_secret_value())
    try:
        async with database.session() as session:
            return await why(session, number)
    except NotFound as error:
        raise NotFound("order-not-found", f"Нет заказа № {number}") from error
    except DatabaseUnavailable as error:
        raise DatabaseUnavailable(
            "orders-unread", "База не отвечает или схема не создана: ./dealerline check"
        ) from error
    finally:
        await database.close()
