"""The half of the data sources that reads: torch and numpy are imported here and below."""
