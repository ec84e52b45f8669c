"""Processes of our own: forked workers and the pool of them, what ends with them, and files that are whole or absent.

Nothing here knows what the work is. Where there is no ``fork`` (Windows, a browser), only ``pool.once`` works, and it
does the work in this process.
"""
