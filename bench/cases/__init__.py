"""The cases as a bench: raised, broken, investigated, and compared with their truths."""
