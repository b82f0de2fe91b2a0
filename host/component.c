// SPDX-License-Identifier: Apache-2.0
/* Well-known libraries, and versions in names of files. */
#include "host/component.h"
#include "base/arena.h"
#include "base/fs.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/*
 * The beginning of a name up to ".so", hashes and versions taken off; "*" at
 * the end stands for more letters. The first that fits is taken.
 */
struct known {
	const char *stem;
	const char *component;
	/* The number behind ".so" is of the interface (libtool's), and says
	 * nothing of the release. */
	bool interface;
};

static const struct known known[] = {
	/* CUDA's toolkit: each library has a version of its own, libcudart
	 * that of the toolkit. */
	{"libcudart", "cuda", false},
	{"libcublas", "cublas", false},
	{"libcublasLt", "cublas", false},
	{"libcufft", "cufft", false},
	{"libcufftw", "cufft", false},
	{"libcufile*", "cufile", false},
	{"libcupti", "cupti", false},
	{"libcurand", "curand", false},
	{"libcusolver*", "cusolver", false},
	{"libcusparseLt", "cusparselt", false},
	{"libcusparse", "cusparse", false},
	{"libnpp*", "npp", false},
	{"libnvJitLink", "nvjitlink", false},
	{"libnvrtc*", "nvrtc", false},
	{"libnvToolsExt", "nvtx", true},
	{"libnvjpeg", "nvjpeg", false},
	{"libnvshmem*", "nvshmem", false},
	{"libcudnn*", "cudnn", false},
	{"libnccl", "nccl", false},
	{"libnvinfer*", "tensorrt", false},
	{"libnvonnxparser", "tensorrt", false},
	/* The driver's. */
	{"libcuda", "nvidia-driver", false},
	{"libnvidia-*", "nvidia-driver", false},
	/* AMD's. */
	{"libamdhip64", "hip", false},
	{"libhiprtc*", "hip", false},
	{"libhipblas", "hipblas", false},
	{"libhipblaslt", "hipblaslt", false},
	{"libhsa-runtime64", "hsa-runtime", false},
	{"libMIOpen", "miopen", false},
	{"librccl", "rccl", false},
	{"librocblas", "rocblas", false},
	{"librocfft*", "rocfft", false},
	{"librocsolver", "rocsolver", false},
	{"librocsparse", "rocsparse", false},
	/* Intel's. */
	{"libdnnl*", "onednn", false},
	{"libmkldnn", "onednn", false},
	{"libmkl_*", "mkl", false},
	{"libiomp5", "intel-openmp", true},
	{"libtbb", "tbb", true},
	{"libtbbmalloc*", "tbb", true},
	{"libsycl", "sycl", false},
	{"libze_loader", "level-zero", false},
	{"libccl", "oneccl", false},
	/* Linear algebra. */
	{"libopenblas*", "openblas", true},
	{"libscipy_openblas*", "openblas", true},
	{"libblis*", "blis", true},
	{"libatlas", "atlas", true},
	{"libtatlas", "atlas", true},
	{"libsatlas", "atlas", true},
	{"libflexiblas", "flexiblas", false},
	{"libarmpl*", "armpl", true},
	{"libblas", "blas", false},
	{"liblapack", "lapack", false},
	{"libcblas", "blas", false},
	{"libfftw3*", "fftw", true},
	{"libsleef", "sleef", false},
	{"libmagma*", "magma", false},
	{"libgsl", "gsl", true},
	{"libgslcblas", "gsl", true},
	/* Compilers' run-time libraries, and threads. */
	{"libgfortran", "libgfortran", false},
	{"libgomp", "libgomp", true},
	{"libquadmath", "libquadmath", true},
	{"libstdc++", "libstdc++", false},
	{"libgcc_s", "libgcc", false},
	{"libomp", "libomp", false},
	{"libflang*", "flang", false},
	{"libc", "libc", false},
	{"libc.musl*", "musl", false},
	{"ld-linux*", "libc", false},
	/* Frameworks. */
	{"libtorch*", "libtorch", false},
	{"libc10*", "libtorch", false},
	{"libcaffe2*", "libtorch", false},
	{"libtensorflow*", "tensorflow", false},
	{"libonnxruntime*", "onnxruntime", false},
	{"libtvm*", "tvm", false},
	{"libxgboost", "xgboost", false},
	{"lib_lightgbm", "lightgbm", false},
	{"libcatboost*", "catboost", false},
	{"libmxnet", "mxnet", false},
	{"libjax_common", "jax", false},
	{"libgloo*", "gloo", true},
	{"libfbgemm*", "fbgemm", true},
	{"libXNNPACK*", "xnnpack", true},
	/* Messages between processes. */
	{"libmpi", "openmpi", true},
	{"libmpich*", "mpich", true},
	{"libucp", "ucx", true},
	{"libucs", "ucx", true},
	{"libuct", "ucx", true},
	/* Data. */
	{"libarrow*", "arrow", true},
	{"libparquet", "arrow", true},
	{"libhdf5*", "hdf5", true},
	{"libopencv_*", "opencv", false},
	{"libavcodec", "ffmpeg", true},
	{"libavformat", "ffmpeg", true},
	{"libavutil", "ffmpeg", true},
	{"libprotobuf*", "protobuf", true},
	{"libsqlite3", "sqlite", true},
	{"libbz2", "bzip2", true},
	{"liblz4", "lz4", false},
	{"liblzma", "xz", false},
	{"libz", "zlib", false},
	{"libzstd", "zstd", false},
	{"libcrypto", "openssl", true},
	{"libssl", "openssl", true},
	{"libcurl*", "curl", true},
};

/* A name in its parts. */
struct parts {
	char *stem;       /* "libopenblas64_p-r0" */
	const char *tail; /* what follows ".so.", or "" */
	char *inner;      /* a version before ".so", or NULL */
};

static bool is_hex(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isxdigit((unsigned char)p[i]))
			return false;
	return true;
}

/*
 * auditwheel writes "libopenblas-r0.3.20.so" as
 * "libopenblas-r0-2f7c42d4.3.20.so": eight digits of a hash behind the first
 * part of the name. Take them out.
 */
static void drop_hash(char *stem)
{
	for (char *p = strchr(stem, '-'); p; p = strchr(p + 1, '-')) {
		if (strnlen(p, 9) < 9 || !is_hex(p + 1, 8) ||
			(p[9] && p[9] != '.' && p[9] != '-'))
			continue;
		memmove(p, p + 9, strlen(p + 9) + 1);
		return;
	}
}

/* "0.3.20" of "libopenblas-r0.3.20" and "libcudart-12.4"; cut off. */
static char *inner_version(struct arena *a, char *stem)
{
	char *dash = strrchr(stem, '-'), *v;

	if (!dash)
		return NULL;
	v = dash + 1 + (dash[1] == 'r' || dash[1] == 'v');
	if (!isdigit((unsigned char)*v))
		return NULL;
	v = arena_strdup(a, v);
	*dash = 0;
	return v;
}

static bool take_apart(struct arena *a, const char *name, struct parts *p)
{
	const char *so = strstr(name, ".so");

	while (so && so[3] && so[3] != '.')
		so = strstr(so + 3, ".so");
	if (!so)
		return false;
	p->stem = arena_memdup(a, name, (size_t)(so - name));
	p->tail = so[3] ? so + 4 : "";
	drop_hash(p->stem);
	p->inner = inner_version(a, p->stem);
	return true;
}

static bool fits(const char *pattern, const char *stem)
{
	size_t n = strcspn(pattern, "*");

	return !strncmp(pattern, stem, n) && (pattern[n] || !stem[n]);
}

static const struct known *find(const char *stem)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (fits(known[i].stem, stem))
			return &known[i];
	return NULL;
}

/* "12.4.127" and "0.3.23.dev", but neither "12" nor "1.bak". */
static bool is_version(const char *s)
{
	size_t len = strlen(s);
	size_t n = len - (fs_has_suffix(s, ".dev") ? 4 : 0);

	return isdigit((unsigned char)*s) && strspn(s, "0123456789.") >= n &&
	       memchr(s, '.', n) && s[n - 1] != '.';
}

/* Debian's alternatives: "openblas-pthread/libblas.so.3" is OpenBLAS whole, by
 * the name of what it stands in for. */
static const char *in_place_of(const char *component, const char *path)
{
	static const char *const directories[] = {"openblas", "blis", "atlas"};
	const char *dir = memrchr(path, '/', (size_t)(strrchr(path, '/') - path));

	if (!dir || (strcmp(component, "blas") && strcmp(component, "lapack")))
		return component;
	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
		if (!strncmp(dir + 1, directories[i], strlen(directories[i])))
			return directories[i];
	return component;
}

static bool look(
	struct arena *a, const char *name, char **component, char **version)
{
	const struct known *k;
	struct parts p;

	if (!take_apart(a, name, &p))
		return false;
	k = find(p.stem);
	if (!k)
		return false;
	*component = (char *)k->component;
	if (p.inner && is_version(p.inner))
		*version = p.inner;
	else if (!k->interface && is_version(p.tail))
		*version = arena_strdup(a, p.tail);
	return true;
}

void component_of(struct arena *a, const char *soname, const char *path,
	char **name, char **version)
{
	*name = *version = NULL;
	/* A file's name is longer than its SONAME where both tell. */
	if (look(a, strrchr(path, '/') + 1, name, version) ||
		(soname && look(a, soname, name, version)))
		*name = (char *)in_place_of(*name, path);
}
