"""What the service says to people: both languages, numbers and dates, and the reason of an event."""
