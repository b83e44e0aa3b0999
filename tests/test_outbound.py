"""Where queries may call: what is configured, and which addresses are public."""

from __future__ import annotations

import ipaddress

import pytest

from communique.errors import CallError
from communique.store.outbound import Outbound, port_of, split

GOOD = {
    "https://query.wikidata.org/sparql": 443,
    "http://dbpedia.org/sparql": 80,
    "https://example.org:8443/a/b?default-graph-uri=urn:x": 8443,
    "https://xn--bcher-kva.example/sparql": 443,
    "https://93.184.216.34/sparql": 443,
    "https://[2606:2800:220:1:248:1893:25c8:1946]/sparql": 443,
    "https://example.org.": 443,
}
BAD = (
    *("example.org/sparql", "//example.org/sparql", "/sparql", "sparql", "https:", "https:///x"),
    *("file:///etc/passwd", "ftp://example.org/", "gopher://example.org:70/", "data:text/csv,a"),
    *("https://user@example.org/", "https://user:secret@example.org/", "https://@example.org/"),
    *("https://example.org#@127.0.0.1/", "https://example.org\\@127.0.0.1/", "https://a/#x"),
    *("https://example.org:0/", "https://example.org:65536/", "https://example.org:x/"),
    *("https://exa mple.org/", "https://bücher.example/", "https://-a.example/", "https://a..b/"),
    *("https://example.org:80:80/", "https://[::1/", "https://[::1]x/", "https://[v1.x]/"),
    *("https://a_b.example/", "https://ex%61mple.org/", "https://example。org/"),
)
PRIVATE = (
    *("http://127.0.0.1/", "http://127.1.2.3:8080/", "http://0.0.0.0/", "http://10.0.0.1/"),
    *("http://172.16.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/"),
    *("http://100.64.0.1/", "http://100.100.100.200/", "http://168.63.129.16/", "http://[::1]/"),
    *("http://224.0.0.1/", "http://255.255.255.255/", "http://240.0.0.1/", "http://192.0.0.192/"),
    *(
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
    ),
    *("http://[fe80::1]/", "http://[fc00::1]/", "http://[fd00:ec2::254]/", "http://[ff02::1]/"),
    *("http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[2001:0:1::1]/"),
    *("http://[fec0::1]/", "http://[64:ff9b:1::1]/", "http://[2001:db8::1]/", "http://[100::1]/"),
)
"""Addresses in the usual form that are not public."""
NUMBERS = (
    *("http://2130706433/", "http://017700000001/", "http://0x7f000001/", "http://0x7f.1/"),
    *("http://127.1/", "http://127.0.1/", "http://0177.0.0.1/", "http://0/", "http://127.0.0.1./"),
    *("http://127.000.000.001/", "http://1.2.3.4.5/", "http://256.1.1.1/", "http://a.0x7f/"),
)
"""What some programs take for an address."""


@pytest.mark.parametrize("endpoint", GOOD)
def test_endpoints_that_may_be_allowed(endpoint: str) -> None:
    assert Outbound.parse(f" {endpoint}\n", "").endpoints == (endpoint,)
    assert port_of(split(endpoint)) == GOOD[endpoint]


@pytest.mark.parametrize("endpoint", [*BAD, *PRIVATE, *NUMBERS])
def test_bad_configuration_fails_closed(endpoint: str) -> None:
    with pytest.raises(CallError) as caught:
        Outbound.parse(f"https://example.org/sparql {endpoint}", "")
    assert caught.value.advice


@pytest.mark.parametrize("network", ["10.0.0.1/8", "10.0.0.0/33", "localhost", "10.0.0.0/8,x", "*"])
def test_networks_that_are_none(network: str) -> None:
    with pytest.raises(CallError, match="is no network"):
        Outbound.parse("", network)


def test_a_network_of_ones_own_may_be_allowed() -> None:
    outbound = Outbound.parse("http://10.1.2.3/sparql", "10.1.0.0/16 fd00::/8")
    assert outbound.allows(ipaddress.ip_address("10.1.255.255"))
    assert outbound.allows(ipaddress.ip_address("fd00::1"))
    assert not outbound.allows(ipaddress.ip_address("10.2.0.1"))
    assert not outbound.allows(ipaddress.ip_address("::ffff:10.1.0.1"))
    with pytest.raises(CallError, match="is not public"):
        Outbound.parse("http://10.2.0.1/sparql", "10.1.0.0/16")


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "100.63.255.255", "2606:4700::1111"])
def test_public_addresses(address: str) -> None:
    assert Outbound().allows(ipaddress.ip_address(address))


def test_an_address_of_one_interface_is_not_public() -> None:
    assert not Outbound().allows(ipaddress.ip_address("2606:4700::1111%eth0"))
