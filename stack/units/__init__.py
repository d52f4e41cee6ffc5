"""One machine for good: a systemd unit for each process, in place of the supervisor of `outage up`."""
