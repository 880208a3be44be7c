"""The pages of docs/guide do what they say: their code is run, and what comes back is held against what they show."""
