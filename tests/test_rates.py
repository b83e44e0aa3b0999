"""Tests of how often one address may ask."""

from __future__ import annotations

import json

import pytest

from communique.web import create_app
from communique.web.limits import Limited
from communique.web.rates import BURST, REMEMBERED, Rates, TooManyRequests
from stores import small


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Tells the time."""
        return self.now


def allowed(rates: Rates, address: str = "192.0.2.1", tries: int = 1000) -> int:
    """Returns how many of many requests at once are let through."""
    count = 0
    for _ in range(tries):
        try:
            rates.take(address)
        except TooManyRequests:
            return count
        count += 1
    return count


def test_an_address_may_ask_at_its_rate_and_more_at_once_after_a_pause() -> None:
    clock = Clock()
    rates = Rates(2, clock)
    assert allowed(rates) == 2 * BURST
    clock.now = 3
    assert allowed(rates) == 6
    clock.now = 1000
    assert allowed(rates) == 2 * BURST


def test_a_rate_below_one_lets_one_through() -> None:
    clock = Clock()
    rates = Rates(0.01, clock)
    assert allowed(rates) == 1
    clock.now = 99.5
    with pytest.raises(TooManyRequests) as caught:
        rates.take("192.0.2.1")
    assert caught.value.retry_after == 1
    clock.now = 100.1
    assert allowed(rates) == 1


def test_addresses_count_apart_and_those_of_one_ipv6_network_together() -> None:
    rates = Rates(0.1, Clock())
    assert allowed(rates, "192.0.2.1") == 1
    assert allowed(rates, "192.0.2.2") == 1
    assert allowed(rates, "2001:db8::1") == 1
    assert allowed(rates, "2001:db8::2") == 0
    assert allowed(rates, "2001:db8:0:1::1") == 1
    assert allowed(rates, "no address") == 1


def test_not_more_addresses_are_remembered_than_may_be() -> None:
    rates = Rates(0.1, Clock())
    for number in range(REMEMBERED + 1):
        rates.take(f"{number}")
    assert allowed(rates, "0") == 1
    assert allowed(rates, f"{REMEMBERED}") == 0


def test_who_asks_too_often_is_told_when_to_try_again() -> None:
    client = create_app(small(), limited=Limited(rate=0.2)).test_client()
    statuses = [client.get("/sparql?query=ASK{}").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    response = client.get("/")
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 5
    assert json.loads(response.data)["type"].endswith("/problem/rate")
    assert {client.get(f"/{name}").status_code for name in ("health", "ready", "metrics")} == {200}


def test_by_default_any_number_is_let_through() -> None:
    client = create_app(small()).test_client()
    assert {client.get("/sparql?query=ASK{}").status_code for _ in range(300)} == {200}
