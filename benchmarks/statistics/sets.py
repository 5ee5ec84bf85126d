"""Sets: the instances of one make, such as a generator's, which may be pooled where a family may not.

A family is a kind of problem, and its instances can still be worlds apart: the assignment problem with one
task an agent and the generalised one are both assignment, and a rule that is close on one is far off on the
other. What compares heuristics is told set by set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

EXAMPLES = "examples"
"""The set of instances that bear a plain name: the bundled examples, and what a suite names itself."""


def set_of(instance: str) -> str:
    """Name the set of an instance as the lab names instances: its generator, or its file's folder.

    A criterion or policy that was put in force makes a set of its own: it is another problem.

    Examples
    --------
    >>> set_of("gap:n_tasks=100:type=c:seed=1"), set_of("gap/c05100"), set_of("sunray")
    ('gap', 'gap', 'examples')
    >>> set_of("hospitals:n_hospitals=12:seed=1+maximin"), set_of("sunray+floor:value=0.2")
    ('hospitals+maximin', 'examples+floor:value=0.2')
    """
    name, plus, asked = instance.partition("+")
    maker, colon, _ = name.partition(":")
    folder, slash, _ = name.replace("\\", "/").rpartition("/")
    made = maker if colon else folder.rpartition("/")[2] if slash else EXAMPLES
    return f"{made}{plus}{asked}"


def sets_of(instances: pd.Series[str]) -> pd.Series[str]:
    """Name the sets of many instances.

    Examples
    --------
    >>> import pandas as pd
    >>> sets_of(pd.Series(["beds:seed=1", "beds:seed=2", "sunray"])).tolist()
    ['beds', 'beds', 'examples']
    """
    return instances.map({name: set_of(name) for name in instances.unique()})
