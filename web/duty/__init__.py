"""The duty roster: who answers when nobody else does."""
