"""The forward procedure, its reverse-mode derivative, and what a typed equation gives on shaped arrays."""
