"""Where this program may call: nowhere, but for the endpoints that its operator names.

After the outbound request policy of Eclipse RDF4J: what is not allowed is refused; only http and
https; only public addresses, unless the operator names a network; an address is looked up once, and
that one is called; redirects are not followed, proxies of the environment not used, and nobody's
credentials sent.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from communique.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from urllib.parse import SplitResult

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_PORTS: Final = {"http": 80, "https": 443}
_PLAIN: Final = re.compile(r"[!-~]+")
_NAME: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?")
_NOT_PUBLIC: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(network)
    for network in (
        # IANA's registries of special-purpose addresses (RFC 6890), and multicast.
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24"),
        *("192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # Where a cloud's machines ask for what belongs to them alone.
        "168.63.129.16/32",
        # The global unicast addresses that are none, or lead to IPv4.
        *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
)
_UNICAST: Final = ipaddress.ip_network("2000::/3")
"""All other IPv6 addresses are of this machine, this network, of many, or lead to IPv4."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """Where queries may call.

    Attributes:
        endpoints: The addresses of SPARQL endpoints, letter by letter.
        networks: The networks that may be called beside the public ones.
    """

    endpoints: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()

    @staticmethod
    def parse(endpoints: str, networks: str) -> Outbound:
        """Read where queries may call.

        Args:
            endpoints: The addresses of endpoints, with spaces between.
            networks: Networks, such as ``10.1.0.0/16``, with spaces between.

        Raises:
            CallError: One of them is none, or is not to be called.
        """
        outbound = Outbound(tuple(endpoints.split()), tuple(networks.split()))
        for network in outbound.networks:
            _network(network)
        for endpoint in outbound.endpoints:
            host = split(endpoint).hostname or ""
            address = _literal(host)
            if address is not None and not outbound.allows(address):
                message = f"the address of {endpoint} is not public"
                raise CallError(message, "name its network in service_networks, if it is yours")
        return outbound

    @staticmethod
    def decode(said: Mapping[str, Sequence[str]]) -> Outbound:
        """Return it from what JSON has of it.

        Args:
            said: Its attributes.
        """
        return Outbound(tuple(said["endpoints"]), tuple(said["networks"]))

    def allows(self, address: Address) -> bool:
        """Tell whether an address may be called.

        Args:
            address: The address.
        """
        if any(address in _network(network) for network in self.networks):
            return True
        is_whole = isinstance(address, ipaddress.IPv4Address) or (
            address in _UNICAST and address.scope_id is None
        )
        return is_whole and not any(address in network for network in _NOT_PUBLIC)


NOWHERE: Final = Outbound()


def split(endpoint: str) -> SplitResult:
    """Take the address of an endpoint apart.

    Args:
        endpoint: The address.

    Raises:
        CallError: It is none that may be called, or could be read in two ways.
    """
    message = f"{endpoint} is no address of an endpoint"
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError as error:
        raise CallError(f"{message}: {error}", "write it as https://example.org/sparql") from error
    host = parts.hostname or ""
    if parts.scheme not in _PORTS:
        raise CallError(message, "begin it with https:// or http://")
    if not _PLAIN.fullmatch(endpoint) or "\\" in endpoint or "#" in endpoint:
        raise CallError(message, "write it without other signs than those of URLs, and no fragment")
    if "@" in parts.netloc:
        raise CallError(message, "leave user and password out: none are sent")
    if port == 0:
        raise CallError(message, "give a port from 1 to 65535, or none")
    if _literal(host) is None:
        if not _NAME.fullmatch(host) or "[" in parts.netloc:
            raise CallError(message, "give the name of a host, or its address in the usual form")
        last = host.removesuffix(".").rpartition(".")[2]
        # Some resolvers take 127.1 and 0x7f000001 for addresses.
        if last.isdigit() or last.startswith("0x"):
            raise CallError(message, "write an address with four decimal numbers")
    return parts


def port_of(parts: SplitResult) -> int:
    """Return the port of an endpoint.

    Args:
        parts: Its address.
    """
    return parts.port or _PORTS[parts.scheme]


def _literal(host: str) -> Address | None:
    """Return the address that a host is written as, if it is."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _network(text: str) -> Network:
    """Read a network.

    Raises:
        CallError: It is none.
    """
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        message = f"{text} is no network: {error}"
        raise CallError(message, "write it as 10.1.0.0/16 or fd00::/8") from error
