"""Growths and searches, checked: an architecture, the moves there are, and what is sought."""
