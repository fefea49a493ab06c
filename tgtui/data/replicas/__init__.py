"""What replicates a catalogue: schemas for clients, the publication, and who listens."""
