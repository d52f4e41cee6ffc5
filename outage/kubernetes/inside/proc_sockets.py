"""The sockets on which a pod's processes wait, as the kernel lists them in /proc/net/tcp and tcp6."""

from ipaddress import IPv4Address, IPv6Address

from outage.value import Value

COMMAND = ("cat", "/proc/net/tcp", "/proc/net/tcp6")
"""Any container of the pod will do: they share one network."""
LISTEN = "0A"
"""The state of a socket that waits for connections."""


class HeardAddress(Value):
    """One address and port on which somebody waits."""

    address: str
    port: int


def heard_addresses(printed: str) -> tuple[HeardAddress, ...]:
    """Read what the kernel printed; lines that are no sockets are left out.

    Each line is `sl local_address rem_address st …`, addresses in hexadecimal, each four bytes in the machine's
    own order (little-endian on every machine that runs our pods).
    """
    found = []
    for line in printed.splitlines():
        words = line.split()
        if len(words) > 3 and words[3] == LISTEN and words[1].count(":") == 1:
            address, _, port = words[1].partition(":")
            if (read := _address(address)) is not None:
                found.append(HeardAddress(address=read, port=int(port, 16)))
    return tuple(dict.fromkeys(found))


def _address(text: str) -> str | None:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        return None
    turned = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
    if len(turned) == 4:
        return str(IPv4Address(turned))
    if len(turned) != 16:
        return None
    whole = IPv6Address(turned)
    return str(whole.ipv4_mapped or whole)
