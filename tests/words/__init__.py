"""Sentences for people, in their language (contract 1.3)."""
