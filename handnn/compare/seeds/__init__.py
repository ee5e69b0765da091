"""How many seeds tell two optimizers apart."""
