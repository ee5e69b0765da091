"""The health of a training run: what is measured per layer and step, and the published rules that read it.

`measure.py` has the numbers, `record.py` a run of them, `setup_rules.py` what can be said before training,
`course_rules.py` what the course of it says, `finding.py` the sentence, its number and its threshold.
"""
