"""Figures for Prometheus. One registry per application, so that tests do not share counts."""

from collections.abc import Callable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)


class Metrics:
    """Names are stable; labels never hold numbers, names or ids of people."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.http_seconds = Histogram(
            "dealerline_http_request_seconds",
            "Time of answers by route",
            ("method", "route", "status"),
            registry=self.registry,
            buckets=(0.01, 0.05, 0.2, 1, 5),
        )
        self.route_decisions = Counter(
            "dealerline_route_decisions_total",
            "Answered routing requests",
            ("warning",),
            registry=self.registry,
        )
        self.route_seconds = Histogram(
            "dealerline_route_decision_seconds",
            "Time of one routing decision",
            registry=self.registry,
            buckets=(0.0001, 0.0005, 0.001, 0.01, 0.1, 0.3),
        )
        self.calls_ended = Counter(
            "dealerline_calls_ended_total", "Closed calls by result", ("result",), registry=self.registry
        )

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """A value that is read when somebody asks."""
        Gauge(name, text, registry=self.registry).set_function(read)

    def exposition(self) -> tuple[bytes, str]:
        """Body and content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
