"""Truth: right. Convolution and max pooling as nested loops over global images, one picture at a time, as a beginner writes them."""
import numpy as np
np.random.seed(123)

IMG = 6
F = 3      # filter size
NF = 2     # how many filters
NC = 2     # classes

# four pictures: vertical and horizontal bars
pics = np.zeros((4, IMG, IMG))
pics[0, :, 1] = 1
pics[1, :, 4] = 1
pics[2, 2, :] = 1
pics[3, 4, :] = 1
labels = [0, 0, 1, 1]

filt = np.random.randn(NF, F, F) / 3
fbias = np.zeros(NF)
Wd = np.random.randn(NF * 2 * 2, NC) / 4
bd = np.zeros(NC)


def convForward(im, filt, fbias):
    n = im.shape[0] - F + 1
    out = np.zeros((len(filt), n, n))
    for k in range(len(filt)):
        for r in range(n):
            for c in range(n):
                out[k, r, c] = np.sum(im[r:r + F, c:c + F] * filt[k]) + fbias[k]
    return out


def convBackward(dout, im, filt):
    dfilt = np.zeros_like(filt)
    dbias = np.zeros(len(filt))
    dim = np.zeros_like(im)
    for k in range(len(filt)):
        for r in range(dout.shape[1]):
            for c in range(dout.shape[2]):
                dfilt[k] += dout[k, r, c] * im[r:r + F, c:c + F]
                dim[r:r + F, c:c + F] += dout[k, r, c] * filt[k]
        dbias[k] = dout[k].sum()
    return dim, dfilt, dbias


def poolForward(a):
    k, n, _ = a.shape
    out = np.zeros((k, n // 2, n // 2))
    for i in range(k):
        for r in range(n // 2):
            for c in range(n // 2):
                out[i, r, c] = a[i, 2 * r:2 * r + 2, 2 * c:2 * c + 2].max()
    return out


def poolBackward(dout, a):
    da = np.zeros_like(a)
    for i in range(dout.shape[0]):
        for r in range(dout.shape[1]):
            for c in range(dout.shape[2]):
                win = a[i, 2 * r:2 * r + 2, 2 * c:2 * c + 2]
                rr, cc = np.unravel_index(win.argmax(), win.shape)
                da[i, 2 * r + rr, 2 * c + cc] += dout[i, r, c]
    return da


def softmax(s):
    e = np.exp(s - s.max())
    return e / e.sum()


if __name__ == '__main__':
    for epoch in range(40):
        total = 0
        for im, lab in zip(pics, labels):
            z = convForward(im, filt, fbias)
            a = np.tanh(z)
            q = poolForward(a)
            flat = q.reshape(-1)
            p = softmax(flat.dot(Wd) + bd)
            total -= np.log(p[lab])

            dscore = p.copy()
            dscore[lab] -= 1
            dWd = np.outer(flat, dscore)
            dq = Wd.dot(dscore).reshape(q.shape)
            dz = poolBackward(dq, a) * (1 - a ** 2)
            _, dfilt, dfbias = convBackward(dz, im, filt)

            Wd -= 0.1 * dWd
            bd -= 0.1 * dscore
            filt -= 0.1 * dfilt
            fbias -= 0.1 * dfbias
        if epoch % 10 == 0:
            print('epoch', epoch, 'loss', total / 4)
