"""Pipelines: what one step of training computes, each value once, and who learns from it."""
