"""Our own chart on the practice cluster: what `make cluster` installs and `make cluster-down` takes away.

Promise: what stands and is right is left alone, and what was made goes whole. `values.yaml` has the chart's values
for two cores, `services.yaml` what the chart expects to be there: a PostgreSQL and Prefect's server, in a namespace
of their own. Nothing of it is on this machine but a folder that goes with the ground.
"""
