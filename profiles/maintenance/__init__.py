"""What the commands for maintenance do with the whole database."""
