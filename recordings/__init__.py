"""From the PBX's files to a playable, kept recording: one way, in small steps, with the database as the queue."""
