"""What keeps the program itself: its processes, its record, its place on a machine, its words for other programs."""
