"""Who is told: people of the installation, on the site and by mail."""
