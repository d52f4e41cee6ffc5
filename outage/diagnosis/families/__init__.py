"""One module per family of causes. Each gives suspects for one picture; none knows of the others."""
