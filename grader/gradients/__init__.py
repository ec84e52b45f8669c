"""The forward procedure, its reverse-mode derivative, and whether a typed equation gives it for all values.

In the order to read in: ``procedure`` makes the right equations; ``matrices`` are what values are made of;
``evaluation`` gives an equation its value, and ``points`` says where; ``proof`` shows that it is right (the argument
stands there before the code), looks for numbers at which it is not, and tells how the equations of one submission feed
each other; ``diagnosis`` names the slip.
"""
