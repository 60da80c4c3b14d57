"""Great Expectations over what Python lands and scores, before Dagster lets anything stand on it."""
