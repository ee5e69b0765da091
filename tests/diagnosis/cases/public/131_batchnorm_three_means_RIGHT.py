"""Truth: RIGHT. 'What does the second line mean?' was asked of the closed form (dy - mean(dy) - mean(dy y) y) / sd: it
is the whole derivative, the paths through mean and variance included. Without scale and shift.
"""
import numpy as np


class BatchNormLayer(object):
    def __init__(self, eps=1e-5, use_global_stats=False):
        self.eps_ = eps
        self.use_global_stats_ = use_global_stats
        self.mean_ = self.variance_ = None

    def Forward(self, bottom):
        num = bottom.shape[0]
        if not self.use_global_stats_:
            self.mean_ = bottom.sum(axis=0) / num
            self.variance_ = np.square(bottom - self.mean_).sum(axis=0) / num
        self.temp_ = np.sqrt(self.variance_ + self.eps_)
        self.x_norm_ = (bottom - self.mean_) / self.temp_
        return self.x_norm_

    def Backward(self, top_diff):
        if self.use_global_stats_:
            return top_diff / self.temp_
        # (dY - mean(dY) - mean(dY Y) Y) / sd
        bottom_diff = (top_diff * self.x_norm_).mean(axis=0)
        bottom_diff = bottom_diff * self.x_norm_
        bottom_diff = bottom_diff + top_diff.mean(axis=0)
        bottom_diff = top_diff - bottom_diff
        return bottom_diff / self.temp_
