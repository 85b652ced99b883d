"""The command palette: one field that goes anywhere, and what a person chose about the keyboard."""
