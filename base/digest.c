// SPDX-License-Identifier: Apache-2.0
/* SHA-256 and MD5 through libcrypto's EVP interface. */
#include "base/digest.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (256 << 10)

struct hasher {
	EVP_MD_CTX *ctx;
};

static void start(struct hasher *h)
{
	if (EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1)
		abort();
}

struct hasher *hasher_new(void)
{
	struct hasher *h = xcalloc(1, sizeof(*h));

	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx)
		abort();
	start(h);
	return h;
}

void hasher_free(struct hasher *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void hasher_add(struct hasher *h, const void *p, size_t n)
{
	if (EVP_DigestUpdate(h->ctx, p, n) != 1)
		abort();
}

void hasher_final(struct hasher *h, struct digest *out)
{
	if (EVP_DigestFinal_ex(h->ctx, out->b, NULL) != 1)
		abort();
	start(h);
}

void digest_bytes(const void *p, size_t n, struct digest *out)
{
	struct hasher *h = hasher_new();

	hasher_add(h, p, n);
	hasher_final(h, out);
	hasher_free(h);
}

int digest_fd(int fd, struct digest *out, uint64_t *size, struct err *e)
{
	struct hasher *h = hasher_new();
	char *buf = xmalloc(CHUNK);
	uint64_t total = 0;
	ssize_t n;

	for (;;) {
		n = read(fd, buf, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		hasher_add(h, buf, (size_t)n);
		total += (uint64_t)n;
	}
	if (n < 0)
		err_sys(e, "cannot read");
	else
		hasher_final(h, out);
	if (size)
		*size = total;
	free(buf);
	hasher_free(h);
	return n < 0 ? -1 : 0;
}

int digest_verify_fd(int fd, const struct digest *want, struct err *e)
{
	struct digest is;

	if (digest_fd(fd, &is, NULL, e) < 0)
		return -1;
	if (!digest_equal(&is, want))
		return err_set(e, "is damaged: its digest is another");
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "cannot read it");
	return 0;
}

static int md5_of(EVP_MD_CTX *ctx, char *buf, int fd, uint8_t *out)
{
	off_t at = 0;
	ssize_t n;

	if (!ctx || EVP_DigestInit_ex(ctx, EVP_md5(), NULL) != 1) {
		errno = ENOTSUP;
		return -1;
	}
	while ((n = pread(fd, buf, CHUNK, at)) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		if (EVP_DigestUpdate(ctx, buf, (size_t)n) != 1)
			abort();
		at += n;
	}
	if (n == 0 && EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		abort();
	return n < 0 ? -1 : 0;
}

int digest_md5_fd(int fd, uint8_t out[MD5_BYTES], struct err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char *buf = xmalloc(CHUNK);
	int r = md5_of(ctx, buf, fd, out);

	if (r < 0)
		err_sys(e, "cannot compute an MD5 digest");
	free(buf);
	EVP_MD_CTX_free(ctx);
	return r;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->b, b->b, DIGEST_BYTES) == 0;
}

bool digest_is_zero(const struct digest *d)
{
	static const struct digest zero;

	return digest_equal(d, &zero);
}

void digest_hex(const struct digest *d, char out[DIGEST_HEX + 1])
{
	static const char hex[] = "0123456789abcdef";

	for (int i = 0; i < DIGEST_BYTES; i++) {
		out[2 * i] = hex[d->b[i] >> 4];
		out[2 * i + 1] = hex[d->b[i] & 15];
	}
	out[DIGEST_HEX] = 0;
}

void digest_text(const struct digest *d, char out[DIGEST_TEXT])
{
	memcpy(out, "sha256:", 7);
	digest_hex(d, out + 7);
}

/* Value plus one of a lower-case digit, 0 of others. A table, since no branch
 * predictor can tell digits from letters in a digest. */
static const uint8_t nibbles[256] = {
	['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16,
};

int digest_parse(const char *s, struct digest *out)
{
	struct digest d;

	if (strncmp(s, "sha256:", 7) == 0)
		s += 7;
	if (strnlen(s, DIGEST_HEX + 1) != DIGEST_HEX)
		return -1;
	for (int i = 0; i < DIGEST_BYTES; i++) {
		uint8_t high = nibbles[(uint8_t)s[2 * i]];
		uint8_t low = nibbles[(uint8_t)s[2 * i + 1]];

		if (!high || !low)
			return -1;
		d.b[i] = (uint8_t)((high - 1) << 4 | (low - 1));
	}
	*out = d;
	return 0;
}

void digest_sum_line(struct strbuf *out, const struct digest *d, const char *path)
{
	char hex[DIGEST_HEX + 1];

	digest_hex(d, hex);
	strbuf_addf(out, "%s%s  ", strpbrk(path, "\\\n\r") ? "\\" : "", hex);
	for (const char *p = path; *p; p++)
		if (*p == '\\')
			strbuf_adds(out, "\\\\");
		else if (*p == '\n')
			strbuf_adds(out, "\\n");
		else if (*p == '\r')
			strbuf_adds(out, "\\r");
		else
			strbuf_addc(out, *p);
	strbuf_addc(out, '\n');
}
