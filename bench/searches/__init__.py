"""Searches whose engine is measured by bench/search.py, and what times them."""
