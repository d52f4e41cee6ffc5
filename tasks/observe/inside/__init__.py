"""Looks from inside pods: what they reach, what they answer, what they listen on."""
