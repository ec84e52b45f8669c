"""What is asked and what is right: the config with its items, and the answer key. Reads no student's answer."""

import os

# Looking for plugins of pydantic costs a third of its import; and nothing of the environment joins in here.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
