"""Who calls out: the button, callbacks, the confirming robot; what they prove."""
