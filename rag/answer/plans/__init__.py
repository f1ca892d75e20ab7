"""Plans: how each kind of question is answered that the ten best passages cannot answer.

In: a question with its archive and models (`plan.PlanContext`). Out: the one stream of events, which ends with `Final`.
"""
