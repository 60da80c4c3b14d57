"""Whether an answer stands on what was retrieved, meets the question, or declines: without a model."""
