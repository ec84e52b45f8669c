"""What the audit needs to know of a kind: right answers with one slip in them, and what an answer means by trying."""
