// SPDX-License-Identifier: Apache-2.0
/*
 * RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) with Process Run Crate 0.5: one
 * graph of entities. Files whose content the store has belong into the crate;
 * others are named by file: addresses.
 */
#include "audit/export.h"

#include "audit/settings.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "manifests/json.h"
#include "manifests/table.h"
#include "store/store.h"

#include <string.h>

#define FILES "files"
#define BEFORE "before"
#define PROFILE "https://w3id.org/ro/wfrun/process/0.5"

struct crate {
	const struct export_run *x;
	struct export_files *files;
	json_t *graph;
	json_t *parts;    /* of the root */
	const char *root; /* where files lie: BEFORE what the run wrote there */
};

/* --- identifiers ------------------------------------------------------ */

/* RFC 3986: what is not unreserved, and no slash, is percent-encoded. */
static char *encode(struct arena *a, const char *prefix, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
	autostrbuf b = STRBUF_INIT;

	strbuf_adds(&b, prefix);
	for (; *path; path++)
		if (strchr(plain, *path))
			strbuf_addc(&b, *path);
		else
			strbuf_addf(&b, "%%%02X", (unsigned char)*path);
	return arena_strdup(a, b.s);
}

/* Text in JSON must be UTF-8; paths that are none are percent-encoded. */
static json_t *text(struct crate *c, const char *s)
{
	json_t *j = json_string(s);

	return j ? j : json_made(json_string(encode(c->x->arena, "", s)));
}

static json_t *ref(const char *id)
{
	return json_made(json_pack("{s:s}", "@id", id));
}

/* The graph owns it. */
static json_t *entity(struct crate *c, const char *id, const char *type)
{
	json_t *j = json_made(json_pack("{s:s, s:s}", "@id", id, "@type", type));

	json_add(c->graph, j);
	return j;
}

static void put_text(struct crate *c, json_t *j, const char *key, const char *s)
{
	if (s)
		json_put(j, key, text(c, s));
}

/* "2024-05-01T12:30:45.123456Z" as the profile's checkers want it. */
static char *time_text(struct crate *c, const char *t)
{
	return strlen(t) < 23 ? NULL
			      : arena_printf(c->x->arena, "%.23s+00:00", t);
}

/* --- data ------------------------------------------------------------- */

static char *name_in_crate(struct crate *c, const char *path)
{
	return arena_printf(c->x->arena, "%s%s", c->root, path);
}

static void want_file(
	struct crate *c, const char *path, const char *digest, const char *mode)
{
	*ARENA_PUSH(c->x->arena, c->files->items, c->files->count) =
		(struct export_file){name_in_crate(c, path), digest, mode};
}

static int want_rows(struct crate *c, const struct m_data *d,
	struct table_reader *rows, struct err *e)
{
	struct file_row row;
	char digest[DIGEST_TEXT];
	int r;

	while ((r = table_next(rows, &row, e)) > 0) {
		const char *whole;

		if (row.kind != KIND_FILE || !row.has_digest || row.not_stored)
			continue;
		digest_text(&row.digest, digest);
		whole = arena_printf(c->x->arena, "%s%s",
			strcmp(d->path, "/") ? d->path : "", row.path);
		want_file(c, whole, arena_strdup(c->x->arena, digest), NULL);
	}
	return r;
}

static int want_tree(struct crate *c, const struct m_data *d, struct err *e)
{
	struct digest digest;
	struct table_reader *rows;
	autoclose int fd = -1;
	int r;

	if (digest_parse(d->digest, &digest) < 0)
		return err_set(e, "'%s' is not a digest", d->digest);
	/* Half a table would be half of the files. */
	if (store_verify_object(c->x->store, &digest, e) == 0)
		fd = store_open_object(c->x->store, &digest, e);
	if (fd < 0)
		return err_wrap(e, "the table of '%s'", d->path);
	rows = table_reader_new(fd, d->path);
	r = want_rows(c, d, rows, e);
	table_reader_free(rows);
	return r;
}

static bool is_tree(const struct m_data *d)
{
	return !strcmp(d->kind, "tree");
}

/* A tree is one entity, however many files it has. */
static const char *data_id(struct crate *c, const struct m_data *d)
{
	const char *slash = is_tree(d) ? "/" : "";
	char *path = arena_printf(c->x->arena, "%s%s", d->path, slash);

	return d->stored && d->digest
		       ? encode(c->x->arena, "", name_in_crate(c, path))
		       : encode(c->x->arena, "file://", path);
}

static bool is_known(const struct crate *c, const char *id)
{
	for (size_t i = 0; i < json_array_size(c->graph); i++)
		if (!strcmp(json_string_value(json_object_get(
				    json_array_get(c->graph, i), "@id")),
			    id))
			return true;
	return false;
}

static int add_data(struct crate *c, const struct m_data *d, struct err *e)
{
	const char *id = data_id(c, d);
	json_t *j;

	if (is_known(c, id))
		return 0;
	j = entity(c, id, is_tree(d) ? "Dataset" : "File");
	put_text(c, j, "name", fs_base_name(d->path));
	put_text(c, j, "alternateName", d->path);
	if (d->role)
		put_text(c, j, "description", d->role);
	if (is_tree(d))
		put_text(c, j, "description",
			arena_printf(c->x->arena, "%s: %lld files",
				d->role ? d->role : "data", (long long)d->files));
	else if (d->digest)
		put_text(c, j, "sha256", d->digest + strlen("sha256:"));
	if (!is_tree(d) && d->bytes != ABSENT)
		json_put(j, "contentSize",
			json_made(json_sprintf("%lld", (long long)d->bytes)));
	json_add(c->parts, ref(id));
	if (!d->stored || !d->digest)
		return 0;
	if (is_tree(d))
		return want_tree(c, d, e);
	want_file(c, d->path, d->digest, d->mode);
	return 0;
}

/* An input that the run wrote over is not what it left. */
static bool is_replaced(const struct crate *c, const struct m_data *input)
{
	const struct manifest *m = c->x->m;

	for (size_t i = 0; i < m->outputs.count; i++) {
		const struct m_data *o = &m->outputs.items[i];
		bool same = !strcmp(o->path, input->path) && o->digest &&
			    input->digest && !strcmp(o->digest, input->digest);

		if (!same && (fs_below(o->path, input->path) ||
				     fs_below(input->path, o->path)))
			return true;
	}
	return false;
}

static int add_all(struct crate *c, const struct m_data *items, size_t n,
	json_t *refs, struct err *e)
{
	bool inputs = items == c->x->m->inputs.items;

	for (size_t i = 0; i < n; i++) {
		c->root = inputs && is_replaced(c, &items[i]) ? BEFORE : FILES;
		if (add_data(c, &items[i], e) < 0)
			return -1;
		json_add(refs, ref(data_id(c, &items[i])));
	}
	return 0;
}

/* --- the run ---------------------------------------------------------- */

static const char *value_entity(
	struct crate *c, const char *kind, const char *name, const char *value)
{
	char *id = arena_printf(
		c->x->arena, "#%s/%s", kind, encode(c->x->arena, "", name));
	json_t *j;

	if (is_known(c, id))
		return NULL;
	j = entity(c, id, "PropertyValue");
	put_text(c, j, "name", name);
	put_text(c, j, "value", value);
	return id;
}

/* Variables that decide results; others are the user's business. */
static json_t *environment(struct crate *c)
{
	const struct kvlist *vars = &c->x->m->environment.variables;
	json_t *list = json_made(json_array());

	for (size_t i = 0; i < vars->count; i++) {
		const char *id;

		if (!vars->items[i].value || !setting_decides(vars->items[i].key))
			continue;
		id = value_entity(c, "environment", vars->items[i].key,
			vars->items[i].value);
		if (id)
			json_add(list, ref(id));
	}
	return list;
}

static json_t *usage(struct crate *c)
{
	const struct m_resource_usage *u = &c->x->m->run.resource_usage;
	json_t *list = json_made(json_array());
	const struct {
		const char *name;
		double value;
	} all[] = {{"wall_s", u->wall_s}, {"user_s", u->user_s},
		{"sys_s", u->sys_s}};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		const char *id = value_entity(c, "usage", all[i].name,
			arena_printf(c->x->arena, "%.3f", all[i].value));

		if (id && all[i].value >= 0)
			json_add(list, ref(id));
	}
	return list;
}

static void add_parameters(struct crate *c, json_t *objects)
{
	const struct manifest *m = c->x->m;

	for (size_t i = 0; i < m->parameters.count; i++) {
		const struct m_parameter *p = &m->parameters.items[i];
		const char *id = p->value ? value_entity(c, "parameter",
						    p->name, p->value)
					  : NULL;

		if (id)
			json_add(objects, ref(id));
	}
}

/* A package URL is ASCII; what is none becomes so. */
static const char *purl_id(struct crate *c, const struct m_package *p)
{
	for (const unsigned char *s = (const unsigned char *)p->purl; *s; s++)
		if (*s <= ' ' || *s >= 0x7f)
			return encode(c->x->arena, "#package/", p->purl);
	return p->purl;
}

static json_t *requirements(struct crate *c)
{
	const struct manifest *m = c->x->m;
	json_t *list = json_made(json_array());

	for (size_t i = 0; i < m->packages.count; i++) {
		const struct m_package *p = &m->packages.items[i];
		const char *id = purl_id(c, p);
		json_t *j;

		if (!is_known(c, id)) {
			j = entity(c, id, "SoftwareApplication");
			put_text(c, j, "name", p->name);
			put_text(c, j, "softwareVersion",
				p->version ? p->version : "unknown");
			put_text(c, j, "url", p->purl);
		}
		json_add(list, ref(id));
	}
	return list;
}

static const char *command_line(struct crate *c)
{
	const struct strlist *argv = &c->x->m->command.argv;
	autostrbuf line = STRBUF_INIT;

	for (size_t i = 0; i < argv->count; i++)
		strbuf_addf(&line, "%s%s", i ? " " : "", argv->items[i]);
	return arena_strdup(c->x->arena, line.s ? line.s : "");
}

/* The program that was started, by its own package's version. */
static const char *add_instrument(struct crate *c)
{
	const struct manifest *m = c->x->m;
	const char *path = m->command.executable   ? m->command.executable
			   : m->command.argv.count ? m->command.argv.items[0]
						   : "unknown";
	const char *id = encode(c->x->arena, "#program", path);
	const char *version = "unknown";
	json_t *j;

	for (size_t i = 0; i < m->libraries.count; i++)
		for (size_t k = 0; k < m->packages.count; k++)
			if (!strcmp(m->libraries.items[i].path, path) &&
				m->libraries.items[i].package &&
				!strcmp(m->libraries.items[i].package,
					m->packages.items[k].id) &&
				m->packages.items[k].version)
				version = m->packages.items[k].version;
	j = entity(c, id, "SoftwareApplication");
	put_text(c, j, "name", fs_base_name(path));
	put_text(c, j, "softwareVersion", version);
	put_text(c, j, "url", encode(c->x->arena, "file://", path));
	json_put(j, "softwareRequirements", requirements(c));
	return id;
}

static int add_action(struct crate *c, const char *id, struct err *e)
{
	const struct manifest *m = c->x->m;
	bool failed = strcmp(m->run.status, "completed") != 0;
	json_t *objects = json_made(json_array());
	json_t *results = json_made(json_array());
	json_t *j;

	if (add_all(c, m->inputs.items, m->inputs.count, objects, e) < 0 ||
		add_all(c, m->outputs.items, m->outputs.count, results, e) < 0) {
		json_decref(objects);
		json_decref(results);
		return -1;
	}
	add_parameters(c, objects);
	j = entity(c, id, "CreateAction");
	put_text(c, j, "name", m->run.name ? m->run.name : "recorded run");
	put_text(c, j, "description", command_line(c));
	put_text(c, j, "startTime", time_text(c, m->run.started));
	put_text(c, j, "endTime",
		time_text(c, m->run.ended ? m->run.ended : m->run.started));
	json_put(j, "agent", ref("#user"));
	json_put(j, "object", objects);
	json_put(j, "result", results);
	put_text(c, j, "actionStatus",
		failed ? "http://schema.org/FailedActionStatus"
		       : "http://schema.org/CompletedActionStatus");
	if (failed)
		put_text(c, j, "error",
			m->run.signal ? m->run.signal : m->run.status);
	json_put(j, "environment", environment(c));
	json_put(j, "resourceUsage", usage(c));
	json_put(j, "instrument", ref(add_instrument(c)));
	return 0;
}

/* --- the frame -------------------------------------------------------- */

/* The record itself travels along. */
static void add_record(struct crate *c, const char *name, const char *about)
{
	json_t *j = entity(c, name, "File");

	put_text(c, j, "name", name);
	put_text(c, j, "description", about);
	put_text(c, j, "encodingFormat", "application/yaml");
	json_add(c->parts, ref(name));
}

static void add_frame(struct crate *c, const char *action)
{
	const struct manifest *m = c->x->m;
	json_t *j = entity(c, "ro-crate-metadata.json", "CreativeWork");

	json_put(j, "about", ref("./"));
	json_put(j, "conformsTo", ref("https://w3id.org/ro/crate/1.1"));
	j = entity(c, "./", "Dataset");
	put_text(c, j, "name",
		arena_printf(c->x->arena, "Run %s",
			m->run.name ? m->run.name : m->run.id));
	put_text(c, j, "description",
		arena_printf(c->x->arena, "What the command '%s' read and wrote",
			command_line(c)));
	put_text(c, j, "datePublished",
		arena_printf(c->x->arena, "%.10s",
			m->run.ended ? m->run.ended : m->run.started));
	put_text(c, j, "license", "Not recorded: ask whoever owns the files");
	json_put(j, "conformsTo", ref(PROFILE));
	json_put(j, "hasPart", json_incref(c->parts));
	json_put(j, "mentions", ref(action));
	add_record(c, EXPORT_MANIFEST, "the record of the run");
	add_record(c, EXPORT_FILES, "the table of all files that it touched");
	j = entity(c, PROFILE, "CreativeWork");
	put_text(c, j, "name", "Process Run Crate");
	put_text(c, j, "version", "0.5");
	j = entity(c, "#user", "Person");
	put_text(c, j, "name",
		m->run.user.uid == ABSENT ? "unknown"
					  : arena_printf(c->x->arena, "user %lld",
						    (long long)m->run.user.uid));
}

int export_crate(const struct export_run *x, struct export_files *files,
	json_t **out, struct err *e)
{
	struct crate c = {x, files, json_made(json_array()),
		json_made(json_array()), FILES};
	char *action = arena_printf(x->arena, "#%s", x->m->run.id);
	int r;

	*files = (struct export_files){0};
	add_frame(&c, action);
	r = add_action(&c, action, e);
	if (r == 0)
		*out = json_made(json_pack("{s:[s, s], s:O}", "@context",
			"https://w3id.org/ro/crate/1.1/context",
			"https://w3id.org/ro/terms/workflow-run/context",
			"@graph", c.graph));
	json_decref(c.graph);
	json_decref(c.parts);
	return r;
}
