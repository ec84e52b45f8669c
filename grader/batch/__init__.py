"""Many submissions: a class read from a folder or an export, marked in parallel, shown, and compared."""
