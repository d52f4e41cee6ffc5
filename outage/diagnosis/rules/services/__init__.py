"""Names that lead nowhere or elsewhere: selectors, ports, missing Services."""
