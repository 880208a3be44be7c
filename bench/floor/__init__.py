"""The floor: what a request costs on the same server where next to nothing is done for it."""
