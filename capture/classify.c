// SPDX-License-Identifier: Apache-2.0
/* Roles by directory and file name. */
#include "capture/classify.h"
#include "base/fs.h"

#include <string.h>
#include <strings.h>

static const char *const system_dirs[] = {
	"/usr",
	"/lib",
	"/lib32",
	"/lib64",
	"/libx32",
	"/bin",
	"/sbin",
	"/etc",
	"/boot",
	"/run",
	"/var/lib",
	"/var/cache",
	"/nix/store",
	"/gnu/store",
	"/snap",
};

/* /usr/local and /etc hold what an administrator put there: still the
 * environment. These directories mark one wherever they are. */
static const char *const environment_parts[] = {
	"/site-packages/",
	"/dist-packages/",
	"/conda-meta/",
	"/lib-dynload/",
	"/.pyenv/versions/",
};

static const struct {
	const char *suffix, *role;
} suffixes[] = {
	{".py", "code"},
	{".pyx", "code"},
	{".ipynb", "code"},
	{".sh", "code"},
	{".R", "code"},
	{".jl", "code"},
	{".pl", "code"},
	{".lua", "code"},
	{".c", "code"},
	{".cc", "code"},
	{".cpp", "code"},
	{".h", "code"},
	{".cu", "code"},
	{".cuh", "code"},
	{".js", "code"},
	{".so", "code"},
	{".yaml", "configuration"},
	{".yml", "configuration"},
	{".toml", "configuration"},
	{".ini", "configuration"},
	{".cfg", "configuration"},
	{".conf", "configuration"},
	{".json", "configuration"},
	{".csv", "dataset"},
	{".tsv", "dataset"},
	{".npy", "dataset"},
	{".npz", "dataset"},
	{".parquet", "dataset"},
	{".feather", "dataset"},
	{".arrow", "dataset"},
	{".tfrecord", "dataset"},
	{".jsonl", "dataset"},
	{".jpg", "dataset"},
	{".jpeg", "dataset"},
	{".png", "dataset"},
	{".wav", "dataset"},
	{".flac", "dataset"},
	{".txt", "dataset"},
	{".gz", "dataset"},
	{".zst", "dataset"},
	{".zip", "dataset"},
	{".tar", "dataset"},
	{".lmdb", "dataset"},
	{".data", "dataset"},
	{".pkl", "model"},
	{".pickle", "model"},
	{".joblib", "model"},
	{".pt", "model"},
	{".pth", "model"},
	{".safetensors", "model"},
	{".onnx", "model"},
	{".gguf", "model"},
	{".h5", "model"},
	{".hdf5", "model"},
	{".keras", "model"},
	{".tflite", "model"},
	{".ckpt", "checkpoint"},
	{".log", "log"},
	{".out", "log"},
	{".err", "log"},
};

bool is_environment_path(const char *path)
{
	for (size_t i = 0; i < sizeof(system_dirs) / sizeof(*system_dirs); i++)
		if (fs_below(path, system_dirs[i]))
			return true;
	for (size_t i = 0;
		i < sizeof(environment_parts) / sizeof(*environment_parts); i++)
		if (strstr(path, environment_parts[i]))
			return true;
	return false;
}

static const char *by_suffix(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (!strcasecmp(suffixes[i].suffix, dot))
			return suffixes[i].role;
	return NULL;
}

const char *role_of_input(const char *path)
{
	const char *role = by_suffix(fs_base_name(path));

	return role ? role : "other";
}

static bool mentions(const char *name, const char *word)
{
	return strcasestr(name, word) != NULL;
}

/* By the words that people use, and the files of HuggingFace's Trainer, Weights
 * & Biases and MLflow. */
static bool is_metrics(const char *path, const char *name)
{
	static const char *const suffixed[] = {".json", ".jsonl", ".csv", ".tsv"};
	bool table = false;

	if (mentions(name, "metric") || mentions(name, "score"))
		return true;
	if (strstr(path, "/mlruns/") && strstr(path, "/metrics/"))
		return true;
	for (size_t i = 0; i < sizeof(suffixed) / sizeof(*suffixed); i++)
		table |= fs_has_suffix(name, suffixed[i]);
	return table &&
	       (mentions(name, "result") || mentions(name, "history") ||
		       mentions(name, "accuracy") || mentions(name, "summary") ||
		       !strcmp(name, "trainer_state.json"));
}

const char *role_of_output(const char *path)
{
	const char *name = fs_base_name(path);
	const char *role = by_suffix(name);

	if (strstr(path, "/__pycache__/"))
		return "other";
	if (role && !strcmp(role, "model") &&
		(mentions(path, "checkpoint") || mentions(name, "ckpt")))
		return "checkpoint";
	if (is_metrics(path, name))
		return "metrics";
	if (!strncmp(name, "events.out.tfevents", 19))
		return "log";
	return role && strcmp(role, "code") != 0 ? role : "other";
}
