"""What a platform is: its reviewed file, how a first one is discovered, which rights it needs."""
