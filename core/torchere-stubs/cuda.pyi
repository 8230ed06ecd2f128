"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_cuda.devices import DeviceProperties as DeviceProperties
from torchere_cuda.devices import current_device as current_device
from torchere_cuda.devices import device as device
from torchere_cuda.devices import device_count as device_count
from torchere_cuda.devices import get_device_capability as get_device_capability
from torchere_cuda.devices import get_device_name as get_device_name
from torchere_cuda.devices import get_device_properties as get_device_properties
from torchere_cuda.devices import init as init
from torchere_cuda.devices import is_available as is_available
from torchere_cuda.devices import is_bf16_supported as is_bf16_supported
from torchere_cuda.devices import is_initialized as is_initialized
from torchere_cuda.devices import set_device as set_device
from torchere_cuda.devices import synchronize as synchronize
from torchere_cuda.memory import empty_cache as empty_cache
from torchere_cuda.memory import max_memory_allocated as max_memory_allocated
from torchere_cuda.memory import max_memory_reserved as max_memory_reserved
from torchere_cuda.memory import mem_get_info as mem_get_info
from torchere_cuda.memory import memory_allocated as memory_allocated
from torchere_cuda.memory import memory_reserved as memory_reserved
from torchere_cuda.memory import memory_stats as memory_stats
from torchere_cuda.memory import reset_peak_memory_stats as reset_peak_memory_stats
from torchere_cuda.random import get_rng_state as get_rng_state
from torchere_cuda.random import get_rng_state_all as get_rng_state_all
from torchere_cuda.random import initial_seed as initial_seed
from torchere_cuda.random import manual_seed as manual_seed
from torchere_cuda.random import manual_seed_all as manual_seed_all
from torchere_cuda.random import seed as seed
from torchere_cuda.random import seed_all as seed_all
from torchere_cuda.random import set_rng_state as set_rng_state
from torchere_cuda.random import set_rng_state_all as set_rng_state_all
from torchere_cuda.streams import Event as Event
from torchere_cuda.streams import Stream as Stream
from torchere_cuda.streams import StreamContext as StreamContext
from torchere_cuda.streams import current_stream as current_stream
from torchere_cuda.streams import default_stream as default_stream
from torchere_cuda.streams import set_stream as set_stream
from torchere_cuda.streams import stream as stream

def __getattr__(name: str) -> Any: ...
