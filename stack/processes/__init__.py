"""Starting, watching and reviving the processes of the stack."""
