"""The verbs: observe, probe, decide, ask, act, verify, tell, inject, remember.

Retries, timeouts and the clock live here. `act` is the only room that changes a cluster or a database in a
response; `inject` only in a drill.
"""
