"""The parts of bench/losses.py: data, what is judged, losses, training, the journal, the page."""
