"""The local cluster: real Kubernetes, two real nodes, apart from the host.

Promise: whatever is alive and right is left alone, whatever is missing is raised again, and `down` leaves no
process, mount, namespace, interface or cgroup folder behind. What runs is read from the kernel each time, never
from a pid file, so nothing remembered can be out of date.

    layout     names, addresses, ranges: the drawing of the cluster
    machine    what the host must have, and installing what it lacks
    build      the Go binary with every component in it
    store      container images, unpacked once and hard-linked into each node
    network    namespaces, bridge, routes
    processes  what runs, starting and stopping it
    belonging  which of the machine's processes are the cluster's
    control    etcd, API server, controllers, scheduler, relay, names
    nodes      container runtime, kubelet, kube-proxy of each node
    cluster    raising all of it, in order
    looking    what runs, since when, and what is wrong
    clearing   ending and removing it
"""
