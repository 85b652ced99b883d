"""Who asks to be called: from a site, by a program, by a key in the queue; and who calls him."""
