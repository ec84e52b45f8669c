"""The self-check inside a page: the same engine, in a Python that the browser itself runs."""
