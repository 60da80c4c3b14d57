"""What people ask about: topics, look-alikes, and what the knowledge base has no answer to."""
