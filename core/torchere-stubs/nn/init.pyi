"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_nn.init import calculate_gain as calculate_gain
from torchere_nn.init import constant as constant
from torchere_nn.init import constant_ as constant_
from torchere_nn.init import dirac as dirac
from torchere_nn.init import dirac_ as dirac_
from torchere_nn.init import eye as eye
from torchere_nn.init import eye_ as eye_
from torchere_nn.init import kaiming_normal as kaiming_normal
from torchere_nn.init import kaiming_normal_ as kaiming_normal_
from torchere_nn.init import kaiming_uniform as kaiming_uniform
from torchere_nn.init import kaiming_uniform_ as kaiming_uniform_
from torchere_nn.init import normal as normal
from torchere_nn.init import normal_ as normal_
from torchere_nn.init import ones_ as ones_
from torchere_nn.init import orthogonal as orthogonal
from torchere_nn.init import orthogonal_ as orthogonal_
from torchere_nn.init import sparse as sparse
from torchere_nn.init import sparse_ as sparse_
from torchere_nn.init import trunc_normal_ as trunc_normal_
from torchere_nn.init import uniform as uniform
from torchere_nn.init import uniform_ as uniform_
from torchere_nn.init import xavier_normal as xavier_normal
from torchere_nn.init import xavier_normal_ as xavier_normal_
from torchere_nn.init import xavier_uniform as xavier_uniform
from torchere_nn.init import xavier_uniform_ as xavier_uniform_
from torchere_nn.init import zeros_ as zeros_

def __getattr__(name: str) -> Any: ...
