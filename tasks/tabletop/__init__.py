"""Replay a recorded incident to people: on the page and in channels, with no door to any cluster.

What may not happen in here: anything but reading the record, writing down what people do, and asking for messages. It
is given the record and the policy and opens nothing itself; a contract of import-linter holds that.
"""
