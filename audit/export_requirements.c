// SPDX-License-Identifier: Apache-2.0
/* Packages as pip(1) and others ask for them. */
#include "audit/export.h"

#include "base/strbuf.h"

#include <string.h>

/* One that holds a line end would be another line. */
static bool is_plain(const char *s)
{
	return s && *s && !s[strcspn(s, " \t\r\n#;")];
}

static void add_pypi(struct strbuf *out, const struct m_package *p)
{
	if (is_plain(p->name) && is_plain(p->version))
		strbuf_addf(out, "%s==%s\n", p->name, p->version);
	else if (is_plain(p->purl))
		strbuf_addf(out, "# %s, of which no version is known\n", p->purl);
}

static void add_other(struct strbuf *out, const struct m_package *p)
{
	if (is_plain(p->purl))
		strbuf_addf(out, "# %s\n", p->purl);
}

void export_requirements(const struct export_run *x, struct strbuf *out)
{
	const struct manifest *m = x->m;

	strbuf_addf(out, "# of run %s\n", m->run.id);
	for (size_t i = 0; i < m->packages.count; i++)
		if (!strcmp(m->packages.items[i].type, "pypi"))
			add_pypi(out, &m->packages.items[i]);
	for (size_t i = 0; i < m->packages.count; i++)
		if (strcmp(m->packages.items[i].type, "pypi") != 0)
			add_other(out, &m->packages.items[i]);
}
