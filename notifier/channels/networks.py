"""Which addresses of networks a page may be sent to. Pure.

Whoever may enter an address of a channel could otherwise make the server speak to itself, or to the service that hands
out a cloud machine's keys. Private networks are allowed: hospitals' mail and SMS gateways live there. Push services do
not, and anybody who may be called may enter a browser's subscription: for those only public addresses are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from telemetry.errors import SettingsError

Network = IPv4Network | IPv6Network

# Where clouds answer about a machine and its keys, beside the link-local 169.254.169.254 that most of them use.
_METADATA: Final = tuple(
    ip_network(text) for text in ("100.100.100.200/32", "fd00:ec2::254/128", "192.0.0.192/32", "168.63.129.16/32")
)


@dataclass(frozen=True, slots=True)
class Networks:
    """The rule: what is refused, but for what settings allow.

    Attributes:
        allowed: networks that may be reached although they would be refused.
        only_public: whether private networks are refused, too.
    """

    allowed: tuple[Network, ...] = ()
    only_public: bool = False

    def public(self) -> Networks:
        """The same, and private networks are refused, too, but for what settings allow."""
        return replace(self, only_public=True)

    def refusal(self, address: str) -> str:
        """Why no page may go to this IP address, or empty. What is no IP address is refused."""
        try:
            ip = ip_address(address.partition("%")[0])  # without the zone of an IPv6 address
        except ValueError:
            return "no address of a network"
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        if any(ip in network for network in self.allowed):
            return ""
        if ip.is_loopback or ip.is_unspecified:
            return "this server itself"
        if ip.is_link_local or any(ip in network for network in _METADATA):
            return "a network that only machines use (link-local, cloud metadata)"
        if ip.is_multicast or ip.is_reserved:
            return "nobody's address (multicast, reserved)"
        return "a private network" if self.only_public and not ip.is_global else ""

    def refusal_of_host(self, host: str) -> str:
        """The same for a host as it stands in an address: of a name nothing can be said before it is looked up."""
        return self.refusal(host) if ":" in host or host.replace(".", "").isdigit() else ""


def parse(texts: list[str]) -> Networks:
    """Networks from settings (`127.0.0.0/8`, `fd12::/64`, one address); SettingsError for what is none."""
    try:
        return Networks(tuple(ip_network(text) for text in texts))
    except ValueError as error:
        raise SettingsError("read settings", "channel_networks", hint=f"{error}; expected e.g. 127.0.0.0/8") from error
