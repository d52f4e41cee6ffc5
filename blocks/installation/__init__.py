"""Files of this installation: the word that senders of alerts must know, the salt, the catalogue of faults."""
