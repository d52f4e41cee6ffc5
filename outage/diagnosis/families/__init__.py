"""One module per family of causes. Each gives suspects for one picture, without asking what the others suspect."""
