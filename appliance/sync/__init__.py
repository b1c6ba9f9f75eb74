"""Exchange with head office: the link, the journal upwards, the feed downwards."""
