// SPDX-License-Identifier: Apache-2.0
/*
 * libFuzzer target: any bytes as manifest.yaml. What is accepted must be
 * written, read again and written to the same bytes, and printed as JSON.
 *	clang -fsanitize=fuzzer,address -D_GNU_SOURCE -DREPRISE_VERSION='"0"' \
 *		-I. tests/fuzz/fuzz_manifest.c manifests/[a-z]*.c base/[a-z]*.c
 *\ -lyaml -lcrypto -ljansson
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "manifests/manifest.h"
#include "manifests/model.h"
#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autostrbuf first = STRBUF_INIT, second = STRBUF_INIT;
	autostrbuf json = STRBUF_INIT;
	autoarena *a = arena_new();
	struct err e = ERR_INIT;
	struct manifest m, again;

	if (manifest_read_yaml(&m, a, "m", (const char *)data, size, &e) < 0) {
		assert(strncmp(e.msg, "m:", 2) == 0);
		return 0;
	}
	manifest_check(&m, "m", &e);
	if (manifest_write_yaml(&m, &first, &e) < 0 ||
		manifest_read_yaml(&again, a, "m", first.s, first.len, &e) < 0 ||
		manifest_write_yaml(&again, &second, &e) < 0 ||
		manifest_write_json(&m, &json, &e) < 0)
		__builtin_trap();
	if (strcmp(first.s, second.s) != 0)
		__builtin_trap();
	return 0;
}
