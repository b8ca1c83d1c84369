"""A storm over a house: clients that keep their own history, strikes against the processes, and the verdict."""
