"""A PostgreSQL asked from its own pod with its own client: read-only, as the pod's own environment lets it in.

For databases of strangers, whose reading role nobody has written down, and for those whose connections are all
taken: the places that are kept for administrators are free then. It runs one statement, which reads statistics.
"""

import json
import time
from typing import Any

from blocks.kubernetes import Cluster
from blocks.postgres.database_reader import STATEMENT_SECONDS, database_view
from blocks.postgres.statements import ACTIVITY, NUMBERS, REPLICAS, SLOTS, STATISTICS
from outage.errors import DatabaseRefused, DatabaseUnreachable, cut
from outage.snapshots.snapshot import DatabaseView

MISSING = 127
BEGIN = "outage-view "
"""Before the answer: what a client's own start-up file prints is none of it."""

WHOLE = f"""
select json_build_object(
  'numbers', (select row_to_json(n) from ({NUMBERS}) n),
  'sessions', (select coalesce(json_agg(row_to_json(a)), '[]') from ({ACTIVITY}) a),
  'statistics', (select coalesce(json_agg(row_to_json(s)), '[]') from ({STATISTICS}) s),
  'replicas', (select coalesce(json_agg(row_to_json(r)), '[]') from ({REPLICAS}) r),
  'slots', (select coalesce(json_agg(row_to_json(l)), '[]') from ({SLOTS}) l))
"""

SCRIPT = r"""
bin=$(command -v psql || true)
for one in /usr/lib/postgresql/*/bin/psql /usr/local/bin/psql /opt/*/postgresql/bin/psql; do
  [ -x "$one" ] && bin=$one
done
[ -n "$bin" ] || exit 127
found=$(sed -n 's#.* \(/[^ ]*\)/\.s\.PGSQL\.\([0-9]*\)$#\1 \2#p' /proc/net/unix 2>/dev/null | head -n 1)
place=${found% *}; number=${found#* }
export PGHOST=${place:-127.0.0.1} PGPORT=${number:-${PGPORT:-5432}}
export PGPASSWORD=${POSTGRES_PASSWORD:-${POSTGRESQL_PASSWORD:-$PGPASSWORD}}
export PGAPPNAME=outage PGCONNECT_TIMEOUT=4
export PGOPTIONS="-c statement_timeout=LIMITms -c lock_timeout=1000ms"
last=1
for user in ${POSTGRES_USER:-} ${POSTGRESQL_USERNAME:-} postgres; do
  "$bin" -U "$user" -d postgres -qAtX -w -v ON_ERROR_STOP=1 -c "begin read only" -c "$1" -c "commit" && exit 0
  last=$?
done
exit $last
"""


def view_from_own_pod(
    cluster: Cluster, namespace: str, pod: str, container: str | None, within_seconds: float
) -> DatabaseView:
    """Everything that the database says about itself.

    Args:
        cluster: The reading door.
        namespace: Of the pod.
        pod: One in which the server runs.
        container: The server's.
        within_seconds: For all of it.

    Raises:
        DatabaseRefused: Its own client is not there, or is not let in. Permanent.
        DatabaseUnreachable: It gave no answer that can be read. Transient.
        ClusterError: The pod cannot be entered.
    """
    statement = f"select '{BEGIN}' || ({WHOLE.strip()})::text"
    script = SCRIPT.replace("LIMIT", str(STATEMENT_SECONDS * 1000))
    began = time.perf_counter()
    said = cluster.execute(
        namespace,
        pod,
        ["/bin/sh", "-c", script, "sh", statement],
        container=container,
        within_seconds=within_seconds,
    )
    latency = time.perf_counter() - began
    if said.code == MISSING:
        raise DatabaseRefused(f"ask postgres in pod/{pod}: its image has no client")
    line = next((one for one in said.out.splitlines() if one.startswith(BEGIN)), "")
    if not line:
        raise DatabaseRefused(f"ask postgres in pod/{pod}: {cut(said.err.strip() or 'it said nothing', 200)}")
    try:
        told: dict[str, Any] = json.loads(line.removeprefix(BEGIN))
    except ValueError as error:
        raise DatabaseUnreachable(f"ask postgres in pod/{pod}: its answer breaks off") from error
    told["statistics"] = (told["statistics"] or [{}])[0]
    return database_view("postgres", latency, told)
