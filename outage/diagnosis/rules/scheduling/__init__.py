"""Pods without a node, and volumes without a claim."""
