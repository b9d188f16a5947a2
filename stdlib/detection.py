"""Metrics of detections ask nothing of shapes that their types do not say."""
