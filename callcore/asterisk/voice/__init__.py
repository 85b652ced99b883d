"""What is said to those who call and to those who are rung: rendered to files beforehand, never during a call."""
