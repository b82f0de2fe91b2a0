// SPDX-License-Identifier: Apache-2.0
/* The variables that PyTorch, TensorFlow, CUDA, MKL, oneDNN, OpenBLAS, NumPy,
 * Python and the C library document as such. */
#include "audit/settings.h"

#include <fnmatch.h>
#include <stddef.h>

static const char *const settings[] = {
	"*SEED*",
	"CUBLAS_WORKSPACE_CONFIG",
	"NVIDIA_TF32_OVERRIDE",
	"TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
	"TF_DETERMINISTIC_OPS",
	"TF_CUDNN_DETERMINISTIC",
	"XLA_FLAGS",
	"NCCL_ALGO",
	"NCCL_PROTO",
	"CUDA_LAUNCH_BLOCKING",
	"CUDA_VISIBLE_DEVICES",
	"HIP_VISIBLE_DEVICES",
	"ROCR_VISIBLE_DEVICES",
	"*_NUM_THREADS",
	"MKL_DYNAMIC",
	"OMP_*",
	"MKL_CBWR",
	"ONEDNN_*",
	"DNNL_*",
	"ATEN_CPU_CAPABILITY",
	"OPENBLAS_CORETYPE",
	"GLIBC_TUNABLES",
	"NPY_DISABLE_CPU_FEATURES",
	"PYTHON*",
	"LD_PRELOAD",
	"LD_LIBRARY_PATH",
	"PATH",
	"TZ",
	"LANG",
	"LC_*",
	"SOURCE_DATE_EPOCH",
};

bool setting_decides(const char *name)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		if (fnmatch(settings[i], name, 0) == 0)
			return true;
	return false;
}
