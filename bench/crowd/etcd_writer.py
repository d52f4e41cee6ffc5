"""Objects put into etcd where the API server will find them, many in one transaction.

Only for a control plane that is thrown away: nothing is checked, and what the API server would have filled in must be
there already.
"""

import base64
from collections.abc import Mapping
from itertools import islice

import orjson
import urllib3

from outage.value import Manifest

AT_ONCE = 100
"""Of 128 that etcd takes in one transaction."""
WITHIN_SECONDS = 60.0


class EtcdWriter:
    """Puts objects into one etcd, by its HTTP gateway."""

    def __init__(self, url: str):
        self._url = f"{url}/v3/kv/txn"
        self._pool = urllib3.PoolManager(retries=False, timeout=WITHIN_SECONDS)

    def put(self, objects: Mapping[str, Manifest]) -> None:
        """Put each under its key, a hundred at once.

        Raises:
            RuntimeError: etcd did not take them; what it said.
        """
        waiting = iter(objects.items())
        while some := list(islice(waiting, AT_ONCE)):
            puts = [
                {"requestPut": {"key": _encoded(key.encode()), "value": _encoded(orjson.dumps(one))}}
                for key, one in some
            ]
            answer = self._pool.request("POST", self._url, body=orjson.dumps({"success": puts}))
            if answer.status != 200:
                raise RuntimeError(
                    f"put {len(some)} objects into etcd: {answer.status}, {answer.data[:300].decode()}"
                )


def _encoded(content: bytes) -> str:
    """Bytes as the gateway's JSON carries them."""
    return base64.b64encode(content).decode()
