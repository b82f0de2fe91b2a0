// SPDX-License-Identifier: Apache-2.0
/* Well-known libraries, and their versions, by the names that they come with. */
#include "store_help.h"

#include "host/component.h"

static const struct {
	const char *path, *soname, *name, *version;
} cases[] = {
	/* CUDA, as its toolkit installs it, and as wheels bring it. */
	{"/l/libcudart.so.12.4.127", "libcudart.so.12", "cuda", "12.4.127"},
	{"/l/libcublas.so.12.4.5.8", NULL, "cublas", "12.4.5.8"},
	{"/l/libcublasLt.so.12", "libcublasLt.so.12", "cublas", NULL},
	{"/l/libcufft.so.11.2.1.3", NULL, "cufft", "11.2.1.3"},
	{"/l/libcudart-9335f6a2.so.12.1.105", NULL, "cuda", "12.1.105"},
	{"/l/libcudnn.so.8.9.7", "libcudnn.so.8", "cudnn", "8.9.7"},
	{"/l/libcudnn_ops_infer.so.8", "libcudnn_ops_infer.so.8", "cudnn", NULL},
	{"/l/libnccl.so.2.19.3", "libnccl.so.2", "nccl", "2.19.3"},
	{"/l/libcusparseLt.so.0", NULL, "cusparselt", NULL},
	{"/l/libcusparse.so.12.3.1.170", NULL, "cusparse", "12.3.1.170"},
	{"/l/libnvrtc-builtins.so.12.4.127", NULL, "nvrtc", "12.4.127"},
	{"/l/libcuda.so.550.54.14", "libcuda.so.1", "nvidia-driver", "550.54.14"},
	{"/l/libnvidia-ml.so.550.54.14", NULL, "nvidia-driver", "550.54.14"},
	{"/l/libcudadebugger.so.550.54.14", NULL, NULL, NULL},
	/* Linear algebra. */
	{"/l/libopenblasp-r0.3.21.so", "libopenblas.so.0", "openblas", "0.3.21"},
	{"/l/libopenblas-r0.3.20.so", NULL, "openblas", "0.3.20"},
	{"/numpy.libs/libopenblas64_p-r0-2f7c42d4.3.18.so", NULL, "openblas",
		"0.3.18"},
	{"/numpy.libs/libopenblas64_p-r0-5007b62f.3.23.dev.so", NULL,
		"openblas", "0.3.23.dev"},
	{"/l/libscipy_openblas64_-6bb31eeb.so", NULL, "openblas", NULL},
	{"/l/openblas-pthread/libblas.so.3", "libblas.so.3", "openblas", NULL},
	{"/l/blas/libblas.so.3.11.0", "libblas.so.3", "blas", "3.11.0"},
	{"/l/libmkl_rt.so.2", "libmkl_rt.so.2", "mkl", NULL},
	{"/l/libdnnl.so.3.1", "libdnnl.so.3", "onednn", "3.1"},
	/* Run-time libraries. */
	{"/scipy.libs/libgfortran-040039e1.so.5.0.0",
		"libgfortran-040039e1.so.5", "libgfortran", "5.0.0"},
	{"/l/libgomp-a34b3233.so.1", "libgomp-a34b3233.so.1", "libgomp", NULL},
	{"/l/libstdc++.so.6.0.30", "libstdc++.so.6", "libstdc++", "6.0.30"},
	{"/l/libiomp5.so", NULL, "intel-openmp", NULL},
	{"/l/libc.so.6", "libc.so.6", "libc", NULL},
	/* Frameworks. */
	{"/l/libtorch_cpu.so", "libtorch_cpu.so", "libtorch", NULL},
	{"/l/libtorch.so.1.13.0", "libtorch.so.1.13", "libtorch", "1.13.0"},
	{"/l/libc10.so", NULL, "libtorch", NULL},
	{"/l/libonnxruntime.so.1.16.3", NULL, "onnxruntime", "1.16.3"},
	/* Those whose number is of the interface. */
	{"/l/libsqlite3.so.0.8.6", "libsqlite3.so.0", "sqlite", NULL},
	{"/l/libbz2.so.1.0.4", NULL, "bzip2", NULL},
	{"/l/libz.so.1.2.13", NULL, "zlib", "1.2.13"},
	{"/l/liblzma.so.5.4.1", NULL, "xz", "5.4.1"},
	/* A name that tells nothing, and a SONAME that does. */
	{"/cache/4f2a", "libcudart.so.12.4.127", "cuda", "12.4.127"},
	{"/l/libx.so", "libz.so.1", "zlib", NULL},
	/* Nobody knows these. */
	{"/l/libmine.so.1.2", "libmine.so.1", NULL, NULL},
	{"/l/libcudart_static.a", NULL, NULL, NULL},
	{"/l/_multiarray_umath.cpython-311-x86_64-linux-gnu.so", NULL, NULL, NULL},
	{"/bin/ls", NULL, NULL, NULL},
	{"/l/libz.so.", NULL, "zlib", NULL},
	{"/l/libz.so.1.2.", NULL, "zlib", NULL},
	{"/l/libz.so.1.2.bak", NULL, "zlib", NULL},
	{"/l/libz.soup.so", NULL, NULL, NULL},
	{"/.so", NULL, NULL, NULL},
	{"/-12345678.so", NULL, NULL, NULL},
	{"/", NULL, NULL, NULL},
};

static void check(size_t i, const char *what, const char *got, const char *want)
{
	if (!got != !want || (got && strcmp(got, want) != 0))
		fail_msg("%s: %s '%s' instead of '%s'", cases[i].path, what,
			got ? got : "-", want ? want : "-");
}

static void names_tell(void **state)
{
	autoarena *a = arena_new();

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *name, *version;

		component_of(a, cases[i].soname, cases[i].path, &name, &version);
		check(i, "name", name, cases[i].name);
		check(i, "version", version, cases[i].version);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_tell),
	};

	return cmocka_run_group_tests_name("component", tests, NULL, NULL);
}
