// SPDX-License-Identifier: Apache-2.0
/* Spell and read the scalars of YAML. */
#include "manifests/scalar.h"

#include "base/arena.h"
#include "base/strbuf.h"
#include <ctype.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t utf8_decode(const char *s, size_t len, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *u = (const unsigned char *)s;
	size_t n;

	if (len == 0)
		return 0;
	if (u[0] < 0x80) {
		*cp = u[0];
		return 1;
	}
	n = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
	if (u[0] < 0xc2 || u[0] > 0xf4 || len < n)
		return 0;
	*cp = u[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (u[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return n;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = n; i-- > 1; cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3f));
	out[0] = (char)(lead[n] | cp);
	return n;
}

bool utf8_valid(const char *s, size_t len)
{
	uint32_t cp;
	size_t n;

	for (; len > 0; s += n, len -= n) {
		n = utf8_decode(s, len, &cp);
		if (n == 0)
			return false;
	}
	return true;
}

bool scalar_printable(uint32_t cp)
{
	if (cp < 0xa0)
		return cp >= 0x20 && cp < 0x7f;
	/* Line breaks of YAML 1.1, the byte order mark, non-characters. */
	return cp != 0x2028 && cp != 0x2029 && cp != 0xfeff && cp != 0xfffe &&
	       cp != 0xffff;
}

static bool is_word(const char *s, size_t len, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strlen(*words) == len && strncasecmp(*words, s, len) == 0)
			return true;
	}
	return false;
}

bool scalar_plain_ok(const char *s, size_t len)
{
	/* Booleans and null of YAML 1.1. */
	static const char *const words[] = {"y", "n", "yes", "no", "on", "off",
		"true", "false", "null", NULL};

	/*
	 * Whatever begins with a letter and is none of these words is a
	 * string to every schema; so is a path.
	 */
	if (len == 0 || !(isalpha((unsigned char)s[0]) || s[0] == '/'))
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x80 || !(isalnum(c) || strchr("_./@%+~()-", c)))
			return false;
	}
	return !is_word(s, len, words);
}

bool scalar_is_null(const char *s, size_t len)
{
	return len == 0 || (len == 1 && *s == '~') ||
	       (len == 4 && (memcmp(s, "null", 4) == 0 ||
				    memcmp(s, "Null", 4) == 0 ||
				    memcmp(s, "NULL", 4) == 0));
}

/* A number to both versions: 1e3 and 0o17 are strings to 1.1. */
static bool is_number(const char *s, size_t len)
{
	bool sign = len > 0 && (s[0] == '-' || s[0] == '+');
	size_t i = sign, whole, digits;

	if (!sign && len > 2 && s[0] == '0' && s[1] == 'x')
		return strspn(s + 2, "0123456789abcdefABCDEF") == len - 2;
	digits = strspn(s + i, "0123456789");
	whole = digits;
	i += digits;
	/* A leading zero makes an octal number, if it makes any. */
	if (i == len)
		return whole == 1 ||
		       (whole > 1 &&
			       (s[sign] != '0' ||
				       strspn(s + sign, "01234567") == whole));
	if (s[i] != '.' || (whole == 0 && sign))
		return false;
	digits = strspn(s + ++i, "0123456789");
	i += digits;
	if (whole + digits == 0)
		return false;
	if (i < len && (s[i] == 'e' || s[i] == 'E')) {
		i++;
		if (s[i] != '-' && s[i] != '+')
			return false;
		digits = strspn(s + ++i, "0123456789");
		i += digits;
		return digits > 0 && i == len;
	}
	return i == len;
}

bool scalar_is_typed(const char *s, size_t len)
{
	static const char *const words[] = {"true", "True", "TRUE", "false",
		"False", "FALSE", ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF",
		"+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", NULL};

	for (const char *const *word = words; *word != NULL; word++) {
		if (strlen(*word) == len && memcmp(*word, s, len) == 0)
			return true;
	}
	return scalar_is_null(s, len) || is_number(s, len);
}

/* The escape of a code point that may not stand as it is; 0: it may. */
static size_t escape(uint32_t cp, char out[8])
{
	static const char from[] = "\"\\\n\t\r", to[] = "\"\\ntr";
	const char *f;

	if (cp != 0 && cp < 0x80 && (f = strchr(from, (int)cp)) != NULL) {
		out[0] = '\\';
		out[1] = to[f - from];
		return 2;
	}
	if (scalar_printable(cp))
		return 0;
	return (size_t)sprintf(out, cp < 0x100 ? "\\x%02X" : "\\u%04X", cp);
}

/* Bytes of one code point that need no escape. */
static bool plain_byte(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void scalar_quote(struct strbuf *out, const char *s, size_t len)
{
	size_t start = out->len, n, m;
	const char *end = s + len;
	uint32_t cp;
	char *w;

	/* No byte grows to more than four. */
	strbuf_grow(out, 4 * len + 2);
	w = out->s + out->len;
	*w++ = '"';
	while (s < end) {
		if (plain_byte((unsigned char)*s)) {
			*w++ = *s++;
			continue;
		}
		n = utf8_decode(s, (size_t)(end - s), &cp);
		if (n == 0) {
			out->len = start;
			strbuf_adds(out, "!!binary \"");
			scalar_base64(out, end - len, len);
			strbuf_addc(out, '"');
			return;
		}
		m = escape(cp, w);
		if (m == 0) {
			memcpy(w, s, n);
			m = n;
		}
		w += m;
		s += n;
	}
	*w++ = '"';
	*w = '\0';
	out->len = (size_t)(w - out->s);
}

void scalar_base64(struct strbuf *out, const char *s, size_t len)
{
	strbuf_grow(out, (len + 2) / 3 * 4);
	out->len += (size_t)EVP_EncodeBlock(
		(unsigned char *)out->s + out->len, (const void *)s, (int)len);
}

int scalar_unbase64(char *s, size_t *len)
{
	size_t n = 0, pad = 0;
	char *copy;
	int got;

	for (size_t i = 0; i < *len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
			continue;
		if (!(c < 0x80 && (isalnum(c) || c == '+' || c == '/')) &&
			c != '=')
			return -1;
		pad += c == '=';
		if (pad > 2 || (pad > 0 && c != '='))
			return -1;
		s[n++] = (char)c;
	}
	if (n > INT32_MAX)
		return -1;
	/* Refuses what is no multiple of four, counts padding as zeros. */
	copy = xmalloc(n + 1);
	memcpy(copy, s, n);
	got = n == 0 ? 0
		     : EVP_DecodeBlock(
			       (unsigned char *)s, (const void *)copy, (int)n);
	free(copy);
	if (got < 0)
		return -1;
	*len = (size_t)got - pad;
	return 0;
}

int scalar_int(const char *s, size_t len, int64_t *out)
{
	bool minus = len > 0 && s[0] == '-';
	uint64_t n = 0;
	size_t i = minus;

	if (i == len || (s[i] == '0' && (len > 1)))
		return -1;
	for (; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		if (n > (INT64_MAX - (uint64_t)(s[i] - '0')) / 10)
			n = UINT64_MAX;
		else
			n = n * 10 + (uint64_t)(s[i] - '0');
		if (n == UINT64_MAX)
			break;
	}
	for (; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
	}
	if (n == UINT64_MAX)
		return -2;
	*out = minus ? -(int64_t)n : (int64_t)n;
	return 0;
}

void scalar_double_text(double d, char out[SCALAR_DOUBLE])
{
	char *e;

	for (int digits = 6; digits <= 17; digits++) {
		snprintf(out, SCALAR_DOUBLE - 2, "%.*g", digits, d);
		if (strtod(out, NULL) == d)
			break;
	}
	if (strchr(out, '.') != NULL)
		return;
	/* YAML 1.1 knows no float without a point. */
	e = out + strcspn(out, "e");
	memmove(e + 2, e, strlen(e) + 1);
	memcpy(e, ".0", 2);
}

int scalar_double(const char *s, size_t len, double *out)
{
	char text[64], *end;
	size_t i = len > 0 && (s[0] == '-' || s[0] == '+');
	size_t digits = 0;

	/* strtod() knows more: hexadecimal, "inf", "nan(...)", blanks. */
	for (; i < len && strchr("0123456789.eE+-", s[i]) && s[i]; i++)
		digits += isdigit((unsigned char)s[i]) != 0;
	if (i < len || digits == 0 || len >= sizeof(text) || s[0] == 'e' ||
		s[0] == 'E')
		return -1;
	memcpy(text, s, len);
	text[len] = '\0';
	*out = strtod(text, &end);
	return *end == '\0' && isfinite(*out) ? 0 : -1;
}
