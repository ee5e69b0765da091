"""How good the diagnosis is: `python -m handnn.diagnosis.score` plants every known mistake and asks for its name."""
