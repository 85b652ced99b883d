"""Everything the PBX reads: names shared with Python, the typed plan, rendering, checking, templates."""
