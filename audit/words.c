// SPDX-License-Identifier: Apache-2.0
/* Words as one text. */
#include "audit/words.h"

#include "base/arena.h"
#include "base/strbuf.h"
#include "manifests/model.h"

char *words_joined(
	struct arena *a, const struct strlist *words, const char *between)
{
	autostrbuf b = STRBUF_INIT;

	for (size_t i = 0; i < words->count; i++)
		strbuf_addf(&b, "%s%s", i ? between : "", words->items[i]);
	return arena_strdup(a, b.s ? b.s : "");
}
