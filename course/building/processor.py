"""A processor that does not exist: torch's inexact results, moved by one unit in the last place.

Processors differ in the order in which they add and in how they approximate exp, tanh or a normal number.
Here each such result is moved by -1, 0 or +1 units in its last place, as a function of its own bits: so one
calculation gives one result, and two ways to the same number part. What is exact is left alone. A page whose
outputs hold here holds on a processor that nobody has tried. `make machines` runs every page on two of them.

    IPython.start_kernel with STARTUP in its profile, and COURSE_PROCESSOR=1 in the environment
"""

import os

import torch
from torch.utils._python_dispatch import TorchDispatchMode

STARTUP = "from course.building import processor; processor.Processor.install()\n"
INEXACT = set(
    "mm addmm bmm baddbmm mv addmv dot vdot sum mean prod cumsum var std var_mean logsumexp "
    "linalg_vector_norm norm exp exp_ expm1 log log_ log1p tanh tanh_ sigmoid sigmoid_ sin cos erf softplus "
    "_softmax _log_softmax mse_loss huber_loss smooth_l1_loss nll_loss_forward normal normal_ randn "
    "_linalg_eigh _linalg_svd _linalg_solve_ex linalg_lstsq linalg_inv_ex linalg_qr linalg_cholesky_ex "
    "linalg_pinv nansum logaddexp rsqrt linspace _cdist_forward native_batch_norm native_layer_norm "
    "tanh_backward _softmax_backward_data _log_softmax_backward_data "
    "addcmul addcmul_ addcdiv addcdiv_ lerp lerp_".split()  # a product and a sum, rounded once or twice
)
BITS = {torch.float32: torch.int32, torch.float64: torch.int64}
LOW = 0xFF  # a result whose last eight bits are 0 is taken for exact


def inexact(name, args, kwargs):
    """Whether processors may differ in this operation."""
    if name.rstrip("_") in ("add", "sub"):  # a + alpha * b: rounded once or twice
        return kwargs.get("alpha", 1) not in (1, -1)
    if name.rstrip("_") == "pow":  # squares, cubes and roots are rounded in one way
        return not isinstance(args[1], int | float) or args[1] not in (-2, -1, 0, 0.5, 1, 2, 3)
    return name in INEXACT


class Processor(TorchDispatchMode):
    """While it is on, the results of INEXACT operations are moved. salt: which processor."""

    def __init__(self, salt):
        super().__init__()
        self.salt = salt

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if inexact(func.overloadpacket.__name__, args, kwargs or {}):
            for part in result if isinstance(result, tuple | list) else [result]:
                if isinstance(part, torch.Tensor) and part.dtype in BITS:
                    self.move(part)
        return result

    def move(self, tensor):
        bits = tensor.detach().view(BITS[tensor.dtype])
        mixed = (bits ^ self.salt) * 40503
        step = (mixed >> 7) % 3 - 1  # -1, 0 or +1
        bits += torch.where((bits & LOW == 0) | ~tensor.isfinite(), 0, step)

    @classmethod
    def install(cls):
        """Switches it on for the rest of this process, if COURSE_PROCESSOR names one."""
        if salt := os.environ.get("COURSE_PROCESSOR"):
            cls(int(salt) * 7919).__enter__()
