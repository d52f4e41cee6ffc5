"""Practice on the page: how it went, what is announced or stands, the table, and the button that calls a drill off."""
