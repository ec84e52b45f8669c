"""One program for each sentence of the promise: it tries to break it and says whether it held."""
