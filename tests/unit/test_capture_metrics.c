// SPDX-License-Identifier: Apache-2.0
/* Files of metrics, and what is a file of a model. */
#include "base/arena.h"
#include "base/fs.h"
#include "capture/metrics.h"
#include "capture/model_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static char *read_all(const char *path, const char *text)
{
	autoarena *a = arena_new();
	struct metrics m = {.a = a};
	char *copy = strdup(text), *out = calloc(1, 4096);
	bool ok = metrics_file(&m, path, copy, strlen(copy));

	for (size_t i = 0; i < m.count; i++) {
		strcat(out, m.items[i].name);
		strcat(out, "=");
		strcat(out, m.items[i].value);
		strcat(out, " ");
		assert_string_equal(m.items[i].source, path);
	}
	assert_true(ok || m.count == 0);
	if (!ok)
		strcpy(out, "no metrics");
	free(copy);
	return out;
}

static void values_are_read(void **state)
{
	static const struct {
		const char *path, *text, *values;
	} cases[] = {
		{"/p/metrics.json", "{\"acc\": 0.930, \"val\": {\"loss\": 1e-3}}",
			"acc=0.930 val.loss=1e-3 "},
		{"/p/metrics.json",
			"{\"name\": \"x\", \"ok\": true, \"n\": null}", ""},
		/* A history: the last one. */
		{"/p/metrics.json", "{\"loss\": [3, 2, 1.5]}", "loss=1.5 "},
		{"/p/trainer_state.json",
			"{\"epoch\": 3, \"log_history\": [{\"loss\": 2}, "
			"{\"loss\": 1}, {\"eval_acc\": 0.5}]}",
			"epoch=3 log_history.loss=1 log_history.eval_acc=0.5 "},
		{"/p/metrics.jsonl", "{\"loss\": 2}\n{\"loss\": 1, \"acc\": .5}\n",
			"no metrics"},
		{"/p/metrics.jsonl",
			"{\"loss\": 2}\n{\"loss\": 1, \"acc\": 0.5}\n",
			"loss=1 acc=0.5 "},
		{"/p/metrics.json", "{\"auc\": NaN}", "auc=NaN "},
		{"/p/metrics.json", "{\"a\": ", "no metrics"},
		{"/p/metrics.csv",
			"epoch,train_loss,val_acc\n0,2,\n0,,0.5\n1,1.5,\n",
			"epoch=1 train_loss=1.5 val_acc=0.5 "},
		{"/p/metrics.json", "{\"loss\": [2, NaN], \"x\": -Infinity}",
			"loss=NaN x=-Infinity "},
		{"/p/metrics.csv", "\xef\xbb\xbfstep,loss\n1,2\n2,nan\n",
			"step=2 loss=nan "},
		{"/p/metrics.csv", "name,\"x, y\"\r\na,1\r\n", "x, y=1 "},
		{"/p/metrics.csv", "", "no metrics"},
		{"/p/mlruns/0/abc/metrics/val/acc",
			"1700000000 0.5 0\n1700000001 0.75 1\n", "val/acc=0.75 "},
		{"/p/mlruns/0/abc/metrics/acc", "broken\n", "no metrics"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *got = read_all(cases[i].path, cases[i].text);

		assert_string_equal(got, cases[i].values);
		free(got);
	}
}

static void too_much_is_no_file_of_metrics(void **state)
{
	char *text = malloc(1 << 20), *p = text;
	char *got;

	(void)state;
	p += sprintf(p, "{\"x\": 1");
	for (int i = 0; i < METRICS_OF_FILE; i++)
		p += sprintf(p, ", \"w%d\": %d", i, i);
	strcpy(p, "}");
	got = read_all("/p/metrics.json", text);
	assert_string_equal(got, "no metrics");
	free(got);
	free(text);
}

static void files_are_told_by_their_names(void **state)
{
	(void)state;
	assert_true(metrics_in_file("/p/metrics.json"));
	assert_true(metrics_in_file("/p/lightning_logs/version_0/metrics.csv"));
	assert_true(metrics_in_file("/p/mlruns/0/abc/metrics/loss"));
	assert_false(metrics_in_file("/p/model.json"));
	assert_false(metrics_in_file("/p/metrics.npy"));
	assert_string_equal(
		metrics_parameter_name("/p/mlruns/0/abc/params/lr"), "lr");
	assert_null(metrics_parameter_name("/p/mlruns/0/params/lr"));
	assert_null(metrics_parameter_name("/p/params/lr"));
	assert_true(metrics_is_configuration(
		"/p/lightning_logs/version_0/hparams.yaml"));
	assert_true(metrics_is_configuration("/p/out/.hydra/config.yaml"));
	assert_true(
		metrics_is_configuration("/p/wandb/run-1/files/config.yaml"));
	assert_false(metrics_is_configuration("/p/config.yaml"));
}

/* --- models ----------------------------------------------------------- */

static enum model_format format_of(const void *p, size_t n)
{
	autoclose int fd = memfd_create("model", MFD_CLOEXEC);

	assert_int_equal(fs_write_all(fd, p, n), 0);
	return model_format(fd);
}

static void formats_are_told_by_content(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		enum model_format format;
	} cases[] = {
		{"\x10\0\0\0\0\0\0\0{\"x\":0}          ", 26, MODEL_SAFETENSORS},
		{"\xff\0\0\0\0\0\0\0{\"x\":0}          ", 26, MODEL_NONE},
		{"GGUF\3\0\0\0\0\0\0\0", 12, MODEL_GGUF},
		{"\x1c\0\0\0TFL3\0\0", 10, MODEL_TFLITE},
		{"\x89HDF\r\n\x1a\n\0\0\0", 11, MODEL_HDF5},
		{"\x80\4\x95\2\0\0\0\0\0\0\0N.", 13, MODEL_PICKLE},
		{"\x80\4\x95\2\0\0\0\0\0\0\0NN", 13, MODEL_NONE},
		{"\x80\x63\x95\2\0\0\0\0\0\0\0N.", 13, MODEL_NONE},
		{"\x08\x07\x12\x07pytorch\x1a\x03", 13, MODEL_ONNX},
		{"\x08\x07\x12\x7fpytorch\x1a\x03", 13, MODEL_NONE},
		{"\x08\x09\x3a\x06\x0a\x04xxxx", 10, MODEL_ONNX},
		{"\x08\x09\x3a\x7f\x0a\x04xxxx", 10, MODEL_NONE},
		{"id,x\n1,2\n", 9, MODEL_NONE},
		{"short", 5, MODEL_NONE},
		{"PK\3\4 and no zip file", 21, MODEL_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
			format_of(cases[i].bytes, cases[i].n), cases[i].format);
}

static void hdf5_may_begin_later(void **state)
{
	char b[1100] = {0};

	(void)state;
	memcpy(b + 512, "\x89HDF\r\n\x1a\n", 8);
	assert_int_equal(format_of(b, sizeof(b)), MODEL_HDF5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(too_much_is_no_file_of_metrics),
		cmocka_unit_test(files_are_told_by_their_names),
		cmocka_unit_test(formats_are_told_by_content),
		cmocka_unit_test(hdf5_may_begin_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
