"""The ground: the practice cluster and the platform that runs on it. Known to drills and tests only."""
