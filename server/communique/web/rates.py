"""How often one address may ask, where the settings say so: a bucket of tokens for each."""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from flask import request

from communique.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

BURST: Final = 10.0
"""Seconds of the rate that may be asked at once after a pause."""
REMEMBERED: Final = 10_000
"""How many addresses are remembered; who asked longest ago is forgotten first."""

_FREE: Final = frozenset({"/health", "/ready", "/metrics", "/static/<path:filename>"})
_IPV4: Final = 4
_NETWORK: Final = 64
"""The bits of an IPv6 address that are one customer's."""


class TooManyRequests(Busy):
    """One address asks too often."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("this address asks too often", retry_after)


class Rates:
    """Counts how often each address asks.

    Args:
        rate: How many requests an address has for each second.
        clock: Tells the time in seconds.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._most = max(1.0, rate * BURST)
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> None:
        """Count a request.

        Args:
            address: Where it came from.

        Raises:
            TooManyRequests: There have been too many.
        """
        key = _customer(address)
        now = self._clock()
        with self._lock:
            tokens, since = self._buckets.pop(key, (self._most, now))
            tokens = min(self._most, tokens + (now - since) * self._rate)
            is_allowed = tokens >= 1
            self._buckets[key] = (tokens - is_allowed, now)
            if len(self._buckets) > REMEMBERED:
                self._buckets.popitem(last=False)
        if not is_allowed:
            raise TooManyRequests(math.ceil((1 - tokens) / self._rate))


def _customer(address: str) -> str:
    """Return what stands for all addresses that one client may easily have."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == _IPV4:
        return address
    return str(ipaddress.ip_network((parsed, _NETWORK), strict=False))


def register(app: Flask, rate: float) -> None:
    """Have an application refuse who asks too often.

    Args:
        app: The application.
        rate: How many requests an address has for each second; 0 for any number.
    """
    if not rate:
        return
    rates = Rates(rate)

    @app.before_request
    def count() -> None:
        if request.url_rule is None or request.url_rule.rule not in _FREE:
            rates.take(request.remote_addr or "")
