"""Counts for Prometheus, at ``/metrics``, in its text format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from flask import Blueprint, Response, current_app
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from communique import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from prometheus_client.core import Metric

    from communique.web.limits import Limited
    from communique.web.logs import Observation
    from communique.web.served import Served

blueprint = Blueprint("metrics", __name__)

_CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_EXTENSION: Final = "communique.metrics"
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """What is counted of an application.

    Args:
        served: What it serves.
        limited: How it asks.
    """

    def __init__(self, served: Served, limited: Limited) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "communique_requests",
            "Requests answered.",
            ("route", "method", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "communique_request_seconds",
            "Seconds from a request to the last byte of its response.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._bytes = Counter(
            "communique_response_bytes", "Bytes of responses.", ("route",), registry=registry
        )
        self._broken = Counter(
            "communique_broken_responses",
            "Responses of which a part had left when they met a limit.",
            registry=registry,
        )
        registry.register(_State(served, limited))
        ProcessCollector(registry=registry)

    def observe(self, seen: Observation) -> None:
        """Count a request.

        Args:
            seen: What was seen of it.
        """
        self._requests.labels(seen.route, seen.method, str(seen.status)).inc()
        self._seconds.labels(seen.route).observe(seen.seconds)
        self._bytes.labels(seen.route).inc(seen.size)
        if seen.broken:
            self._broken.inc()

    def text(self) -> bytes:
        """Return all counts in Prometheus's text format."""
        return generate_latest(self._registry)


class _State(Collector):
    """What the workers and the cache do when they are looked at.

    Args:
        served: What is served.
        limited: How it is asked.
    """

    def __init__(self, served: Served, limited: Limited) -> None:
        self._served = served
        self._limited = limited

    def collect(self) -> Iterator[Metric]:
        """Yield the counts."""
        info = GaugeMetricFamily(
            "communique_dataset_info", "What is served.", labels=("digest", "version")
        )
        info.add_metric((self._served.generation.digest, __version__), 1)
        yield info
        if self._limited.pool is not None:
            state = self._limited.pool.state
            workers = GaugeMetricFamily(
                "communique_workers", "Workers by what they do.", labels=("state",)
            )
            workers.add_metric(("busy",), state.busy)
            workers.add_metric(("idle",), state.idle)
            yield workers
            yield GaugeMetricFamily(
                "communique_queries_waiting", "Queries that wait for a worker.", state.waiting
            )
            ended = CounterMetricFamily(
                "communique_workers_ended", "Workers that ended, by why.", labels=("reason",)
            )
            for reason in ("deadline", "memory", "crash", "abandoned", "retired", "stop"):
                ended.add_metric((reason,), state.ended.get(reason, 0))
            yield ended
        if self._limited.cache is not None:
            cache = self._limited.cache.state
            asked = CounterMetricFamily(
                "communique_cache_questions", "Questions to the cache.", labels=("outcome",)
            )
            asked.add_metric(("hit",), cache.hits)
            asked.add_metric(("miss",), cache.misses)
            yield asked
            yield GaugeMetricFamily("communique_cache_bytes", "Bytes of kept answers.", cache.size)


def register(app: Flask, metrics: Metrics) -> None:
    """Have an application show its counts.

    Args:
        app: The application.
        metrics: The counts.
    """
    app.extensions[_EXTENSION] = metrics
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
def show() -> Response:
    """Return the counts."""
    metrics = cast("Metrics", current_app.extensions[_EXTENSION])
    headers = {"Cache-Control": "no-store"}
    return Response(metrics.text(), content_type=_CONTENT_TYPE, headers=headers)
