"""Truth: two mistakes. Cosine's derivative takes the prediction off divided by its length, not by the length squared;
MSLE's lacks 1 / (1 + prediction). The other two are right. Some of the loss functions probably don't work correctly.
"""
import numpy as np


def cosine_loss(prediction, target):
    """handnn: loss cosine_similarity"""
    p_norm = np.linalg.norm(prediction, axis=1, keepdims=True)
    t_norm = np.linalg.norm(target, axis=1, keepdims=True)
    return -np.mean(np.sum(prediction * target, axis=1, keepdims=True) / (p_norm * t_norm))


def cosine_loss_gradient(prediction, target):
    p_norm = np.linalg.norm(prediction, axis=1, keepdims=True)
    t_norm = np.linalg.norm(target, axis=1, keepdims=True)
    cos = np.sum(prediction * target, axis=1, keepdims=True) / (p_norm * t_norm)
    return -(target / (p_norm * t_norm) - cos * prediction / p_norm) / len(prediction)


def msle(prediction, target):
    """handnn: loss mean_squared_logarithmic_error"""
    return np.mean((np.log1p(prediction) - np.log1p(target)) ** 2)


def msle_gradient(prediction, target):
    return 2 * (np.log1p(prediction) - np.log1p(target)) / prediction.size


def squared_hinge(prediction, target):
    """handnn: loss squared_hinge"""
    return np.mean(np.maximum(0, 1 - target * prediction) ** 2)


def squared_hinge_gradient(prediction, target):
    margin = np.maximum(0, 1 - target * prediction)
    return -2 * target * margin / margin.size


def bernoulli_kl(prediction, target):
    """handnn: loss"""
    return np.mean(target * np.log(target / prediction) + (1 - target) * np.log((1 - target) / (1 - prediction)))


def bernoulli_kl_gradient(prediction, target):
    return (prediction - target) / (prediction * (1 - prediction)) / prediction.size
