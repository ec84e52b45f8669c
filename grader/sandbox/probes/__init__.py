"""One program for each sentence of the promise: it tries to break it and says whether it held.

Each must be harmless where nothing holds it back: the doctor also runs them on machines that isolate badly.
"""
