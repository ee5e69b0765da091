"""Truth: += with an array of indices counts a word that was drawn several times among the negative samples once only;
a loop or np.add.at is needed. The centre word's gradient is right.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def negSamplingLossAndGradient(centerWordVec, outsideWordIdx, outsideVectors, negSampleWordIndices=(1, 3, 3, 0)):
    negSampleWordIndices = list(negSampleWordIndices)
    gradOutsideVecs = np.zeros(outsideVectors.shape)
    u_o = outsideVectors[outsideWordIdx]
    u_k = outsideVectors[negSampleWordIndices]
    y = sigmoid(np.dot(u_o, centerWordVec))
    z = sigmoid(-np.dot(u_k, centerWordVec))
    loss = -np.log(y) - np.sum(np.log(z))
    gradCenterVec = (y - 1) * u_o - np.dot(z - 1, u_k)
    gradOutsideVecs[outsideWordIdx] = (y - 1) * centerWordVec
    gradOutsideVecs[negSampleWordIndices] += np.outer(z - 1, centerWordVec) * (-1)
    return loss, gradCenterVec, gradOutsideVecs
