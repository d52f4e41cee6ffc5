"""Lists of one look: the first of a kind is the newest there is, the others are no older than that."""

from blocks.kubernetes import LookFreshness
from tests.blocks.fake_api import Answer, fake_api, listing, status


def served(path: str, query: dict[str, str]) -> Answer:
    """A list at a version, whatever is asked for."""
    answer = listing({"metadata": {"name": "web", "namespace": "shop"}})
    answer[1]["metadata"] = {**answer[1].get("metadata", {}), "resourceVersion": "77"}
    return answer


def test_only_the_first_list_of_a_kind_has_to_be_the_newest() -> None:
    """The API server makes sure of its cache once a kind, not once a namespace."""
    fresh = LookFreshness()
    with fake_api(served) as (cluster, api):
        for namespace in ("shop", "bakery"):
            list(cluster.pages("Service", namespace, fresh=fresh))
        list(cluster.pages("Secret", "shop", fresh=fresh))

    assert [(query.get("resourceVersion"), query.get("resourceVersionMatch")) for _, query in api.asked] == [
        (None, None),
        ("77", "NotOlderThan"),
        (None, None),
    ]


def test_without_a_look_each_list_is_the_newest() -> None:
    """A repair is judged by what is so now."""
    with fake_api(served) as (cluster, api):
        for _ in range(2):
            cluster.list("Service", "shop")

    assert not [query for _, query in api.asked if "resourceVersion" in query]


def test_a_cache_that_never_gets_there_is_gone_around() -> None:
    """An API server whose cache lags says so after three seconds; the newest is asked for then."""

    def lagging(path: str, query: dict[str, str]) -> Answer:
        return (
            status(504, "Too large resource version") if "resourceVersion" in query else served(path, query)
        )

    fresh = LookFreshness()
    with fake_api(lagging) as (cluster, api):
        pages = [list(cluster.pages("Service", one, fresh=fresh)) for one in ("shop", "bakery")]

    assert [len(page) for (page,) in pages] == [1, 1]
    assert ["resourceVersion" in query for _, query in api.asked] == [False, True, False]


def test_the_pages_that_follow_are_as_old_as_the_first() -> None:
    """The API takes no version beside the mark at which to go on."""

    def paged(path: str, query: dict[str, str]) -> Answer:
        answer = served(path, query)
        if "continue" not in query:
            answer[1]["metadata"]["continue"] = "next"
        return answer

    fresh = LookFreshness()
    fresh.note("Service", "5")
    with fake_api(paged) as (cluster, api):
        list(cluster.pages("Service", "shop", fresh=fresh))

    assert [(query.get("resourceVersion"), query.get("continue")) for _, query in api.asked] == [
        ("5", None),
        (None, "next"),
    ]
