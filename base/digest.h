/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 by libcrypto (which uses SHA-NI where the processor has it); and MD5,
 * which the records of packages have.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct hasher;

#define DIGEST_BYTES 32
#define DIGEST_HEX 64
/* "sha256:" + hex + NUL */
#define DIGEST_TEXT (7 + DIGEST_HEX + 1)

struct digest {
	uint8_t b[DIGEST_BYTES];
};

struct hasher *hasher_new(void);
void hasher_free(struct hasher *h);
void hasher_add(struct hasher *h, const void *p, size_t n);
/* Gives the digest and makes the hasher ready for the next content. */
void hasher_final(struct hasher *h, struct digest *out);

void digest_bytes(const void *p, size_t n, struct digest *out);
/* From the current offset to the end; `size` (may be NULL) gets the bytes. */
int digest_fd(int fd, struct digest *out, uint64_t *size, struct err *e);
/* 0 when what follows the current offset is what `want` is of; the offset is 0
 * then. -1 when it is not, or cannot be read. */
int digest_verify_fd(int fd, const struct digest *want, struct err *e);
/* From offset 0 to the end; fails where libcrypto is not allowed to do MD5. */
#define MD5_BYTES 16
int digest_md5_fd(int fd, uint8_t out[MD5_BYTES], struct err *e);

bool digest_equal(const struct digest *a, const struct digest *b);
bool digest_is_zero(const struct digest *d);
/* 64 hex digits and a NUL. */
void digest_hex(const struct digest *d, char out[DIGEST_HEX + 1]);
/* "sha256:<hex>", the spelling of manifests. */
void digest_text(const struct digest *d, char out[DIGEST_TEXT]);
/* Takes both spellings; -1 when it is neither (lower-case hex only). */
int digest_parse(const char *s, struct digest *out);

/*
 * Add the line that sha256sum(1) of coreutils prints of a file: a backslash
 * before it when line ends and backslashes in the name are escaped.
 */
struct strbuf;
void digest_sum_line(
	struct strbuf *out, const struct digest *d, const char *path);
