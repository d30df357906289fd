"""What compliance means: a pure fold over immutable records. Standard library only."""
