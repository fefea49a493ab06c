"""The insights: what there is to ask, and the answer as bars one can walk into."""
