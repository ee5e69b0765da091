"""Does the doctor find what ails a training run? Faults of the published kinds, planted, and healthy runs.

python -m handnn.proof.doctor                score of both thirds and of the third that was kept aside
python -m handnn.proof.doctor --only NAME    one case, with every finding
python -m handnn.proof.doctor --write        docs/doctor.md
"""
