"""What an answer looks like: how each kind of part asks for it, and how what was typed is read. Validity only."""
