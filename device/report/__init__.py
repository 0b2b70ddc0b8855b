"""What was read, as plots, tables and files for people: of a session, a log or the history."""
