"""The sentences: flows only say what follows what. Each fits on a screen and reads aloud."""
