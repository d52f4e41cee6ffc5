"""Inject: breaking things on purpose, on ground that is marked for it, and putting them back.

What may not happen in here: anything in a response. Only drills and tests come here.
"""
