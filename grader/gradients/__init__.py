"""The forward procedure, its reverse-mode derivative, and whether a typed equation gives it for all values.

In the order to read in: ``procedure`` and ``adjoint`` make the right equations; ``domains`` and ``shapes`` are what
values are made of; ``evaluation`` gives an ``equation`` its value; ``points`` and ``instances`` say where, and
``attempt`` in whose view, and whether the value is the gradient; ``proof`` shows that an equation is right (the
argument stands there before the code); ``refutation`` looks for numbers at which it is not; ``chain`` and
``chain_rule`` take the equations of one submission together, and members that only state the chain rule;
``diagnosis`` names the slip.
"""
