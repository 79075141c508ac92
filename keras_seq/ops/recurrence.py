"""placeholder until the measured version lands"""
from keras import ops


def reverse_by_length(sequence, lengths):
    B, T = ops.shape(sequence)[0], ops.shape(sequence)[1]
    t = ops.expand_dims(ops.arange(T, dtype="int32"), 0)
    n = ops.expand_dims(lengths, 1)
    index = ops.where(t < n, n - 1 - t, t) + ops.expand_dims(ops.arange(B, dtype="int32"), 1) * T
    flat = ops.reshape(sequence, (-1, sequence.shape[-1]))
    return ops.reshape(ops.take(flat, ops.reshape(index, (-1,)), axis=0), (B, T, sequence.shape[-1]))


def _run(step, z, states):
    z = ops.transpose(z, (1, 0, 2))

    def body(carry, x):
        new = step(x, *carry)
        return new, new

    last, seq = ops.scan(body, states, z)
    return ops.transpose(seq[0], (1, 0, 2)), last


def lstm(inputs, kernel, recurrent_kernel, bias, initial_state=None):
    z = ops.matmul(inputs, kernel) + bias
    zero = ops.zeros_like(z[:, 0, : recurrent_kernel.shape[0]])
    def step(x, h, c):
        i, f, g, o = ops.split(x + ops.matmul(h, recurrent_kernel), 4, axis=-1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        return ops.sigmoid(o) * ops.tanh(c), c
    seq, (h, c) = _run(step, z, initial_state or (zero, zero))
    return seq, h, c


def gru(inputs, kernel, recurrent_kernel, bias, initial_state=None):
    z = ops.matmul(inputs, kernel) + bias[0]
    zero = ops.zeros_like(z[:, 0, : recurrent_kernel.shape[0]])
    def step(x, h):
        xz, xr, xh = ops.split(x, 3, axis=-1)
        rz, rr, rh = ops.split(ops.matmul(h, recurrent_kernel) + bias[1], 3, axis=-1)
        u = ops.sigmoid(xz + rz)
        return (u * h + (1 - u) * ops.tanh(xh + ops.sigmoid(xr + rr) * rh),)
    seq, (h,) = _run(step, z, (initial_state if initial_state is not None else zero,))
    return seq, h


def simple_rnn(inputs, kernel, recurrent_kernel, bias, initial_state=None):
    z = ops.matmul(inputs, kernel) + bias
    zero = ops.zeros_like(z[:, 0])
    seq, (h,) = _run(lambda x, h: (ops.tanh(x + ops.matmul(h, recurrent_kernel)),), z, (zero,))
    return seq, h
