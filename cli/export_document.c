/* SPDX-License-Identifier: Apache-2.0 */
/* Exports that are one document. */
#include "audit/export.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/export.h"
#include "manifests/json.h"
#include "manifests/manifest.h"
#include "store/runs.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int make_bom(const struct export_run *x, struct strbuf *out, struct err *e)
{
	json_t *j = NULL;

	if (export_cyclonedx(x, &j, e) < 0)
		return -1;
	return json_write(j, out) < 0
		       ? err_set(e, "cannot make the JSON document")
		       : 0;
}

static int make_requirements(
	const struct export_run *x, struct strbuf *out, struct err *e)
{
	(void)e;
	export_requirements(x, out);
	return 0;
}

static const struct {
	const char *format;
	int (*make)(
		const struct export_run *x, struct strbuf *out, struct err *e);
} documents[] = {
	{"cyclonedx", make_bom},
	{"requirements", make_requirements},
	{"sha256sums", export_sums},
};

static int make(const struct export_run *x, const char *format,
	struct strbuf *out, struct err *e)
{
	for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++)
		if (!strcmp(documents[i].format, format))
			return documents[i].make(x, out, e);
	return err_set(e, "there is no form '%s'", format);
}

int export_document(struct invocation *in, struct store *s, const char *format,
	const char *id, const char *output, bool dry_run, struct err *e)
{
	autostrbuf out = STRBUF_INIT;
	struct manifest m;
	struct export_run x = {s, &m, in->arena};

	strbuf_grow(&out, 1);
	if (run_read_manifest(s, id, in->arena, &m, e) < 0 ||
		make(&x, format, &out, e) < 0)
		return -1;
	if (dry_run || !strcmp(output, "-")) {
		if (fs_write_all(STDOUT_FILENO, out.s, out.len) < 0)
			return err_sys(e, "cannot write to standard output");
		return 0;
	}
	if (fs_write_file(AT_FDCWD, output, out.s, out.len, 0644, e) < 0)
		return err_wrap(e, "cannot write '%s'", output);
	log_info("exported run %.8s as %s to %s", id, format, output);
	return 0;
}
