// SPDX-License-Identifier: Apache-2.0
/* One git repository through libgit2: its commit, branch and remote. */
#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/fs.h"
#include "capture/code_reader.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void code_gap(const struct code_reader *r, const char *path, const char *what)
{
	const git_error *why = r->git->error_last();
	autoarena *a = arena_new();

	r->ops->gap(r->ops->arg, path,
		arena_printf(a, "%s: %s", what, why ? why->message : "unknown"));
}

/* "checkout: moving from A to B" of the reflog: "A". */
static char *branch_before(struct arena *a, const char *message)
{
	static const char begin[] = "checkout: moving from ";
	const char *end;

	if (!message || strncmp(message, begin, sizeof(begin) - 1) != 0)
		return NULL;
	message += sizeof(begin) - 1;
	end = strstr(message, " to ");
	return end ? arena_memdup(a, message, (size_t)(end - message)) : NULL;
}

/*
 * What HEAD was at `when`. The newest entry comes first; each that is later
 * takes HEAD back to what it was before. *branch is the branch of now, and
 * becomes the one of then.
 */
static void go_back(
	struct code_reader *r, int64_t when, git_oid *id, char **branch)
{
	const struct git *g = r->git;
	git_reflog *log;

	/* Reading a log that is not there would make one. */
	if (access(fs_join(r->a, g->repository_path(r->repo), "logs/HEAD"),
		    R_OK) < 0)
		return;
	if (g->reflog_read(&log, r->repo, "HEAD") < 0)
		return;
	for (size_t i = 0; i < g->reflog_entrycount(log); i++) {
		const git_reflog_entry *entry = g->reflog_entry_byindex(log, i);
		const git_signature *by = g->reflog_entry_committer(entry);
		char *from;

		if (!by || by->when.time <= when)
			break;
		*id = *g->reflog_entry_id_old(entry);
		from = branch_before(r->a, g->reflog_entry_message(entry));
		if (from)
			*branch = from;
	}
	g->reflog_free(log);
}

/* A detached HEAD is in the reflog by its commit. */
static bool is_commit_name(const char *branch)
{
	return strlen(branch) == GIT_OID_HEXSZ &&
	       strspn(branch, "0123456789abcdef") == GIT_OID_HEXSZ;
}

static char *branch_now(struct code_reader *r)
{
	static const char heads[] = "refs/heads/";
	const struct git *g = r->git;
	git_reference *head;
	const char *target;
	char *name = NULL;

	if (g->reference_lookup(&head, r->repo, "HEAD") < 0)
		return NULL;
	target = g->reference_symbolic_target(head);
	if (target && !strncmp(target, heads, sizeof(heads) - 1))
		name = arena_strdup(r->a, target + sizeof(heads) - 1);
	g->reference_free(head);
	return name;
}

static int read_head(struct code_reader *r, int64_t when)
{
	const struct git *g = r->git;
	char hex[GIT_OID_HEXSZ + 1];
	git_commit *commit;
	git_oid id;
	int rc;

	r->out->branch = branch_now(r);
	rc = g->reference_name_to_id(&id, r->repo, "HEAD");
	if (rc == GIT_ENOTFOUND && r->out->branch)
		return 0; /* nothing is committed yet */
	if (rc < 0)
		return -1;
	go_back(r, when, &id, &r->out->branch);
	if (r->out->branch && is_commit_name(r->out->branch))
		r->out->branch = NULL;
	if (g->oid_is_zero(&id))
		return 0;
	if (g->commit_lookup(&commit, r->repo, &id) < 0)
		return -1;
	r->out->commit = arena_strdup(r->a, g->oid_tostr(hex, sizeof(hex), &id));
	rc = g->commit_tree(&r->tree, commit);
	g->commit_free(commit);
	return rc;
}

static void read_index(struct code_reader *r)
{
	struct stat st;

	if (r->git->repository_index(&r->index, r->repo) < 0) {
		r->index = NULL;
		return;
	}
	if (r->git->index_path(r->index) &&
		stat(r->git->index_path(r->index), &st) == 0)
		r->index_time = st.st_mtime;
}

/* A string of the configuration, or NULL. */
static const char *setting(
	const struct git *g, git_config *config, const char *name)
{
	const char *value;

	return g->config_get_string(&value, config, name) == 0 ? value : NULL;
}

static const char *remote_url(
	struct code_reader *r, git_config *config, const char *remote)
{
	return setting(
		r->git, config, arena_printf(r->a, "remote.%s.url", remote));
}

/* The first address of a remote that there is. */
static const char *any_url(struct code_reader *r, git_config *config)
{
	const struct git *g = r->git;
	git_config_iterator *i;
	git_config_entry *entry;
	const char *url = NULL;

	if (g->config_iterator_new(&i, config) < 0)
		return NULL;
	while (!url && g->config_next(&entry, i) == 0) {
		size_t n = strlen(entry->name);

		if (n > 11 && !strncmp(entry->name, "remote.", 7) &&
			!strcmp(entry->name + n - 4, ".url"))
			url = arena_strdup(r->a, entry->value);
	}
	g->config_iterator_free(i);
	return url;
}

/*
 * Of the remote of the branch, else of origin, else of any. From the
 * configuration, because libgit2 1.5 leaks 20 kB for each line of it that its
 * functions for remotes look at.
 */
static void read_url(struct code_reader *r)
{
	const struct git *g = r->git;
	const char *remote = NULL, *url = NULL;
	git_config *config;

	if (g->repository_config_snapshot(&config, r->repo) < 0)
		return;
	if (r->out->branch)
		remote = setting(g, config,
			arena_printf(r->a, "branch.%s.remote", r->out->branch));
	if (remote)
		url = remote_url(r, config, remote);
	if (!url)
		url = remote_url(r, config, "origin");
	if (!url)
		url = any_url(r, config);
	if (url)
		r->out->url = code_url(r->a, url);
	g->config_free(config);
}

static void store_patch(struct code_reader *r)
{
	char text[DIGEST_TEXT];
	struct digest d;

	if (!r->patch.len)
		return;
	if (r->ops->put(r->ops->arg, r->patch.s, r->patch.len, &d) < 0) {
		r->ops->gap(r->ops->arg, r->out->root,
			"the patch of its repository could not be stored");
		return;
	}
	digest_text(&d, text);
	r->out->patch = arena_strdup(r->a, text);
}

static void release(struct code_reader *r)
{
	r->git->tree_free(r->tree);
	r->git->index_free(r->index);
	r->git->repository_free(r->repo);
	strbuf_release(&r->patch);
}

int code_git_read(struct arena *a, const char *root,
	const struct code_file *files, size_t count, int64_t when,
	const struct code_ops *ops, struct m_code *out)
{
	struct code_reader r = {.a = a, .ops = ops, .out = out};
	struct err e = ERR_INIT;

	r.git = git_load(&e);
	if (!r.git) {
		ops->gap(ops->arg, root, e.msg);
		return -1;
	}
	if (r.git->repository_open_ext(
		    &r.repo, root, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) < 0 ||
		read_head(&r, when) < 0) {
		code_gap(&r, root, "its repository cannot be read");
		release(&r);
		return -1;
	}
	read_index(&r);
	read_url(&r);
	code_compare(&r, files, count);
	store_patch(&r);
	out->dirty = out->modified.count || out->untracked.count;
	release(&r);
	return 0;
}
