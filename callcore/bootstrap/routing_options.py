"""What the installation sets for routing, from the settings."""

from callcore.routing.snapshot import RoutingOptions
from config.settings import Settings


def routing_options(settings: Settings) -> RoutingOptions:
    routing = settings.routing
    return RoutingOptions(
        operator_hours={
            day: [list(period) for period in hours] for day, hours in routing.operator_hours.items()
        },
        duty_ring_s=settings.pbx.duty_ring_s,
        operators_on_holidays=routing.operators_on_holidays,
        operators_wait_s=routing.operators_wait_s,
    )
