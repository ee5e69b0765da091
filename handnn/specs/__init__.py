"""One-line specifications: `network.py` parses '4-5-3 tanh softmax mse', `optimizer.py` 'adam(beta_1=0.8)'."""
