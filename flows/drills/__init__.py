"""Practice beside the drill itself: by schedule, and taking back what a drill that died has left."""
