"""The forward procedure, its reverse-mode derivative, and whether a typed equation gives it for all values.

In the order to read in: ``procedure`` and ``adjoint`` make the right equations; ``domains`` and ``shapes`` are what
values are made of; ``arithmetic`` and ``evaluation`` give an equation its value; ``points`` says where, ``views`` as
whom, and whether the value is the gradient; ``proof`` shows that an equation is right (the argument stands there before
the code), or looks for numbers at which it is not; ``chain_rule`` looks at members that only state the chain rule;
``diagnosis`` names the slip.
"""
