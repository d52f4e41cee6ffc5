"""The machine below the practice cluster: packages, processes, namespaces, cgroups."""
