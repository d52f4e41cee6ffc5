"""The shape of the record, as numbered SQL files; a file that was released is never edited."""
