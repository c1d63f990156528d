"""Rules about model files, their links and digests."""
