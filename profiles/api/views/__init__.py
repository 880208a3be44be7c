"""The views of profiles, by subject."""
