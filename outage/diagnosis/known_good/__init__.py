"""What an object should look like, and what was changed since: baseline, revisions, last applied."""
