"""ConfigMaps, Secrets, variables and addresses that lead astray."""
