"""Between pods: policies, names, the network itself."""
