"""A log of the crowd is given as a kubelet gives it: the end of it, or so many bytes from its beginning."""

from bench.crowd.fake_kubelets import COMPLAINT, LogText
from outage.text.logs.log_digest import LogDigest


def test_a_log_is_as_long_as_it_was_asked_to_be() -> None:
    """To a line."""
    text = LogText(100_000)

    assert 100_000 <= len(text.whole) < 100_200
    assert text.asked({}) == text.whole


def test_its_end_and_its_beginning_are_what_a_kubelet_would_give() -> None:
    """Last lines first, then the limit of bytes, as the API documents it."""
    text = LogText(100_000)

    assert text.asked({"tailLines": ["3"]}) == b"".join(text.lines[-3:])
    assert text.asked({"limitBytes": ["10"]}) == text.whole[:10]
    assert text.asked({"tailLines": ["3"], "limitBytes": ["10"]}) == text.lines[-3][:10]


def test_it_complains_of_one_thing_here_and_there() -> None:
    """What is measured is reading, and there must be something to be found."""
    digest = LogDigest()
    digest.read(LogText(1_000_000).whole)

    (found,) = digest.earlier()
    assert found.first.endswith(COMPLAINT)
    assert found.count > 10
