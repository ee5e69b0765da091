"""Truth: the hidden delta takes the sigmoid's slope at the sum, with a function that expects the output. An XOR script in a while loop."""
import numpy as np
from numpy import exp, array, random, dot

random.seed(7)

def nonLin(v, deriv=False):
    if deriv == True:
        return v * (1 - v)
    return 1 / (1 + exp(-v))

# training set
inPut = array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
outPut = array([[0, 1, 1, 0]]).T

synA = 2 * random.random((3, 4)) - 1
synB = 2 * random.random((4, 1)) - 1
stepSize = 0.02
maxIter = 200

iterNum = 0
while iterNum < maxIter:
    sumA = dot(inPut, synA)
    hid = nonLin(sumA)
    sumB = dot(hid, synB)
    guess = nonLin(sumB)

    err = guess - outPut
    sse = 0.5 * (err ** 2).sum()
    if iterNum % 50 == 0:
        print("iter", iterNum, "sse", sse)
        # print(guess)

    deltaB = err * nonLin(guess, deriv=True)
    hidErr = deltaB.dot(synB.T)
    deltaA = hidErr * nonLin(sumA, deriv=True)

    gradB = hid.T.dot(deltaB)
    gradA = inPut.T.dot(deltaA)
    synB = synB - stepSize * gradB
    synA = synA - stepSize * gradA
    iterNum += 1

print("after training")
print(guess)
