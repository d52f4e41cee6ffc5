"""Whether the response can do what it promises, verified by practice: what can be broken on any platform. Pure.

A template looks at the manifests of one service and answers with a fault that fits it, or with why none does; what it
would touch is estimated, and guards say what forbids it.
"""
