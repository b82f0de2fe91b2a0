/* SPDX-License-Identifier: Apache-2.0 */
/* Files of trained models, by what is in them. */
#pragma once

enum model_format {
	MODEL_NONE,
	/* Made for models. */
	MODEL_SAFETENSORS,
	MODEL_TORCH,
	MODEL_ONNX,
	MODEL_GGUF,
	MODEL_KERAS,
	MODEL_TFLITE,
	/* May hold anything. */
	MODEL_PICKLE, /* joblib's too */
	MODEL_HDF5,
};

/* MODEL_NONE as well when the file cannot be read. Keeps the offset. */
enum model_format model_format(int fd);
/* Is what is in such a file a model, whatever the file is called? */
static inline int model_is_certain(enum model_format f)
{
	return f != MODEL_NONE && f < MODEL_PICKLE;
}
