"""A report as text: for the terminal, for Gradescope, as a page, as a table."""
