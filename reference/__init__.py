"""The answer key: for every item the right answer, as a student could type it, and further answers with their credit.

``ANSWERS`` maps an item (or a whole part, where the part is one answer) to the answer; formulas are in Python
spelling. ``ACCEPTED`` maps an item to other answers that earn something, each with its share of the points and the
message that goes with it.
"""

from reference.costs import COSTS, VALUES
from reference.gradients import EQUATIONS, GRAPH
from reference.networks import NETWORKS

ANSWERS = {**NETWORKS, "2.1.1": GRAPH, **EQUATIONS, **VALUES, **COSTS}

ACCEPTED = {
    "2.4.forward_better_when": [
        {
            "answer": "m >= n",
            "credit": "1/2",
            "message": "At m = n both modes cost the same, so forward mode is not the better choice there.",
        },
    ],
}
