"""The same over time: the policy in force at an instant, histories of decisions, meetings."""
