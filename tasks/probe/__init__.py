"""Trying from inside: whether one service reaches another, asked from its own pod."""
