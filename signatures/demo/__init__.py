"""What only the demonstration needs of signatures: its authorities, their services, its people’s keys."""
