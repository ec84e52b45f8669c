"""An autograder for one written homework of a deep-learning course."""
