// SPDX-License-Identifier: Apache-2.0
/* Values into statements, and out of their rows. */
#include "store/index_internal.h"

#include "base/arena.h"

#include <math.h>
#include <string.h>

void index_bind_text(sqlite3_stmt *st, int i, const char *s)
{
	if (s)
		sqlite3_bind_text(st, i, s, -1, SQLITE_TRANSIENT);
}

void index_bind_int(sqlite3_stmt *st, int i, int64_t n)
{
	if (n != ABSENT)
		sqlite3_bind_int64(st, i, n);
}

void index_bind_double(sqlite3_stmt *st, int i, double d)
{
	if (!isnan(d))
		sqlite3_bind_double(st, i, d);
}

void index_bind_digest(sqlite3_stmt *st, int i, const struct digest *d)
{
	sqlite3_bind_blob(st, i, d->b, DIGEST_BYTES, SQLITE_TRANSIENT);
}

char *index_text(struct arena *a, sqlite3_stmt *st, int i)
{
	const unsigned char *s = sqlite3_column_text(st, i);

	return s ? arena_strdup(a, (const char *)s) : NULL;
}

char *index_some_text(struct arena *a, sqlite3_stmt *st, int i)
{
	char *s = index_text(a, st, i);

	return s ? s : arena_strdup(a, "");
}

int64_t index_int(sqlite3_stmt *st, int i)
{
	return sqlite3_column_type(st, i) == SQLITE_NULL
		       ? ABSENT
		       : sqlite3_column_int64(st, i);
}

double index_double(sqlite3_stmt *st, int i)
{
	return sqlite3_column_type(st, i) == SQLITE_NULL
		       ? NAN
		       : sqlite3_column_double(st, i);
}

bool index_digest(sqlite3_stmt *st, int i, struct digest *out)
{
	const void *p = sqlite3_column_blob(st, i);

	if (!p || sqlite3_column_bytes(st, i) != DIGEST_BYTES)
		return false;
	memcpy(out->b, p, DIGEST_BYTES);
	return true;
}
