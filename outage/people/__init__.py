"""People: what they are told and through which channel, who is on call, when it escalates, how a name is proven."""
