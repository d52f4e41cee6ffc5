"""Diagnosis, family by family."""
