"""Commands and dialogues from the patterns, values and replies of data/, with exact spans."""
