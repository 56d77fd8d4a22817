"""Mutations; each module registers its own."""
