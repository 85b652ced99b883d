"""The rungs below the application: what the PBX works from by itself, and the script that it runs."""
