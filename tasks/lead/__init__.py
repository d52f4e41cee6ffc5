"""Lead: what a person does with an incident by hand: takes the lead, hands over, chooses an action, closes it.

What may not happen in here: a write to a cluster or a database. What is chosen becomes a plan like any other.
"""
