// SPDX-License-Identifier: Apache-2.0
/* Installed packages that a run did without. */
#include "audit/unused.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "store/store.h"
#include <string.h>

static int read_list(struct store *s, const struct manifest *m,
	struct strbuf *out, struct err *e)
{
	autoclose int fd = -1;
	struct digest d;

	if (m->installed == NULL || digest_parse(m->installed, &d) < 0)
		return err_set(e,
			"run %.8s has no list of the installed packages",
			m->run.id);
	if (store_verify_object(s, &d, e) != 0)
		return err_wrap(
			e, "the installed packages of run %.8s", m->run.id);
	fd = store_open_object(s, &d, e);
	if (fd < 0)
		return -1;
	if (fs_slurp_fd(fd, out) < 0)
		return err_sys(e, "cannot read the object '%s'", m->installed);
	if (out->len > 0 && memchr(out->s, '\0', out->len) != NULL)
		return err_set(e, "the object '%s' is no list of packages",
			m->installed);
	return 0;
}

/* "PURL LOCATION", as a line of the list. */
static char *line_of(struct arena *a, const struct m_package *p)
{
	return arena_printf(a, "%s %s", p->purl, p->location ? p->location : "");
}

int audit_unused(struct store *s, const struct manifest *m, struct arena *a,
	struct unused **out, size_t *count, struct err *e)
{
	autostrbuf text = STRBUF_INIT;
	struct map used = MAP_INIT;
	char *save = NULL;

	*out = NULL;
	*count = 0;
	strbuf_adds(&text, "");
	if (read_list(s, m, &text, e) < 0)
		return -1;
	for (size_t i = 0; i < m->packages.count; i++)
		map_puts(&used, line_of(a, &m->packages.items[i]), s);
	for (char *line = strtok_r(text.s, "\n", &save); line != NULL;
		line = strtok_r(NULL, "\n", &save)) {
		size_t purl = strcspn(line, " ");
		struct unused *u;

		if (map_gets(&used, line) != NULL)
			continue;
		u = ARENA_PUSH(a, *out, *count);
		u->purl = arena_memdup(a, line, purl);
		u->location = arena_strdup(a, line + purl + (line[purl] == ' '));
	}
	map_release(&used);
	return 0;
}
