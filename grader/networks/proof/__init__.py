"""Whether a network is right for all integers: proofs that are found, and searches for inputs that break it."""
