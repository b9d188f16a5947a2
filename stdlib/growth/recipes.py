"""Recipes of adversarial training: what goes together is up to the declarations."""
