"""The client's network address (contract 1.7)."""

import functools
import ipaddress

# The prefix of an IPv6 address that belongs to one customer.
IPV6_PREFIX = 64


@functools.lru_cache(maxsize=4_096)
def client_network(peer: str, forwarded: str, trusted: int) -> str:
    """The address of the client, of IPv6 the network of its /64; «unknown» where there is none.

    `peer` opened the connection, `forwarded` is all of the request's `X-Forwarded-For`. That counts only as far as
    `trusted` proxies of ours have written it: each appends the address that it was asked from. So the client's stands
    that many places from the end, and what is before it anybody may have made up.
    """
    hops = forwarded.split(",")
    named = _address(hops[-trusted].strip()) if 0 < trusted <= len(hops) else None
    address = named or _address(peer)
    if address is None:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)


def nearest(values: str, trusted: int) -> str:
    """The value of a proxy's header, such as `X-Forwarded-Proto`, that the outermost of `trusted` proxies has written.

    A proxy of ours may append its value to the client's own, or replace it and the inner ones' with it.
    """
    hops = values.split(",")
    return hops[-min(trusted, len(hops))].strip()


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address in a text that may carry a port, too. IPv4 inside IPv6 is IPv4: all of it would share one /64."""
    bare = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
