"""What the platform's database says of itself: locks, refused writes, connections."""
