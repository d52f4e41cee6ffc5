"""The outbox's process: it sends what the record holds, one thread a channel, in order per incident."""
