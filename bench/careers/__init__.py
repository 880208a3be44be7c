"""The careers that are measured: how they are drawn, what became of them before, and larger ones."""
