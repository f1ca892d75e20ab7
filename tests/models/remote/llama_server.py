"""The server of llama-cpp-python with weights that are not rearranged.

Where llama.cpp was compiled with its kernels for AMX, reading with rearranged weights ends the process
(https://github.com/ggml-org/llama.cpp/pull/26954), and the server has no setting for it.
"""

from llama_cpp import llama_cpp
from llama_cpp.server.__main__ import main

default_params = llama_cpp.llama_model_default_params


def params_without_rearranged_weights() -> llama_cpp.llama_model_params:
    params = default_params()
    params.use_extra_bufts = False
    return params


if __name__ == "__main__":
    llama_cpp.llama_model_default_params = params_without_rearranged_weights
    main()
