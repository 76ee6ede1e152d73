"""What a device's assistant must know to speak: intents, slots and replies as one JSON."""
