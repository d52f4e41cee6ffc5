"""A second control plane without nodes, beside the practice cluster and apart from it.

Promise: it listens on loopback, keeps everything in one folder, reaches nobody, and goes with the process that
raised it. Whatever the practice cluster does meanwhile, neither is disturbed by the other.
"""
