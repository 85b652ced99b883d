"""The only door to the PBX: AMI, FastAGI, publishing of its files, the embedded PBX."""
