"""The kernel's list of sockets, read as it is printed."""

from outage.kubernetes.inside.proc_sockets import HeardAddress, heard_addresses

PRINTED = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1
   1: 00000000:0BB9 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12346 1
   2: 0500010A:0BB9 0600010A:D431 01 00000000:00000000 00:00000000 00000000     0        0 12347 1
  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: 00000000000000000000000000000000:1538 00000000000000000000000000000000:0000 0A 00000000:00000000
   1: 00000000000000000000000001000000:1539 00000000000000000000000000000000:0000 0A 00000000:00000000
   2: 0000000000000000FFFF00000100007F:153A 00000000000000000000000000000000:0000 0A 00000000:00000000
cat: can't open '/proc/net/tcp7': No such file or directory
"""


def test_only_waiting_sockets_are_told_with_their_addresses() -> None:
    """Connections are none, and neither are headings and errors."""
    assert heard_addresses(PRINTED) == (
        HeardAddress(address="127.0.0.1", port=8080),
        HeardAddress(address="0.0.0.0", port=3001),  # noqa: S104  (read, not bound)
        HeardAddress(address="::", port=5432),
        HeardAddress(address="::1", port=5433),
        HeardAddress(address="127.0.0.1", port=5434),
    )


def test_what_is_no_list_of_sockets_gives_none() -> None:
    """A shell's complaint, or nothing at all."""
    assert heard_addresses("") == ()
    assert heard_addresses("sh: 1: cat: not found and more words 0A : :") == ()
