/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands. Each is a file of its own with one const table of options and one
 * struct command, which main.c lists. main.c parses the configuration files
 * and the command line into the command's own options struct, checks the
 * number of operands and calls it; what it returns is the exit status.
 *
 *	struct list_options {
 *		struct common_options common;
 *		bool json;
 *	};
 *	static const struct cli_opt list_opts[] = {
 *		CLI_COMMON_OPTIONS,
 *		{"json", 0, NULL, "print JSON", CLI_FLAG,
 *			offsetof(struct list_options, json)},
 *		{0},
 *	};
 */
#pragma once

#include "manifests/model.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct index;
struct json_t;
struct store;

/* How an option's argument is checked and what its field's type is. */
enum cli_kind {
	CLI_FLAG,     /* bool; no argument */
	CLI_STRING,   /* const char * */
	CLI_CHOICE,   /* const char *; one of the words of arg, "a|b|c" */
	CLI_SIZE,     /* uint64_t bytes; "1G": K, M, G, T are powers of 1024 */
	CLI_TIME,     /* int64_t milliseconds; "5s", "200ms", "2m", "1h" */
	CLI_NUMBER,   /* double; not negative: "1e-6" */
	CLI_LIST,     /* struct strlist; may be given many times */
	CLI_KEYVALUE, /* struct kvlist; KEY=VALUE, the last of a key counts */
	CLI_KEY,      /* likewise; the value of a KEY alone is NULL */
};

struct cli_opt {
	const char *name; /* long name, without "--"; NULL ends the table */
	char letter;      /* short name, or 0 */
	const char *arg;  /* what help calls the argument; NULL: none */
	const char *help; /* lower case, no full stop */
	enum cli_kind kind;
	size_t offset; /* of the field in the command's options struct */
};

/* The first member of every options struct. */
struct common_options {
	const char *store;
	bool quiet;
};

#define CLI_QUIET_OPTION                                           \
	{                                                          \
		"quiet", 'q', NULL, "print errors only", CLI_FLAG, \
			offsetof(struct common_options, quiet)     \
	}
#define CLI_COMMON_OPTIONS                                     \
	{"store", 's', "DIR", "use the store DIR", CLI_STRING, \
		offsetof(struct common_options, store)},       \
		CLI_QUIET_OPTION

/* Exit statuses of reprise's own. */
enum {
	CLI_OK = 0,
	CLI_DIFFERS = 1,  /* differs or damaged */
	CLI_TROUBLE = 2,  /* usage or trouble */
	CLI_FAILED = 125, /* capture and replay: failed before the start */
};

/* What a command is called with. */
struct invocation {
	const struct command *command;
	struct arena *arena; /* lives until the command has returned */
	void *options;       /* the command's own struct, filled in */
	char **argv;         /* operands, NULL-terminated */
	int argc;
	/* Operands before a "--"; argc when there was none. What follows it is
	 * the command of `replay RUN -- COMMAND`. */
	int before_dashes;
};

struct command {
	const char *name;
	const char *summary;  /* one line of `reprise help` */
	const char *synopsis; /* what follows the name in its usage line */
	const struct cli_opt *opts;
	size_t options_size; /* of the options struct, which begins zeroed */
	int min_operands;
	int max_operands; /* -1: any number */
	/* The first operand ends the options: what follows is a command line
	 * of its own. Otherwise options may stand after operands, too. */
	bool operands_last;
	int trouble; /* exit status of usage errors: 2, or 125 */
	int (*run)(struct invocation *in);
	/* Set defaults other than zero before anything is parsed; or NULL. */
	void (*defaults)(void *options);
};

extern const struct command cmd_audit, cmd_capture, cmd_diff, cmd_doctor,
	cmd_export, cmd_finish, cmd_help, cmd_import, cmd_lineage, cmd_list,
	cmd_name, cmd_replay, cmd_show, cmd_verify, cmd_version;

/* main.c: the sorted table, ended by NULL. */
extern const struct command *const cli_commands[];
/* NULL when there is none of that name. */
const struct command *cli_find(const char *name);

/* options.c */

/*
 * Fill in->options and the operands from the command line (argv[0] is the
 * command's name). 0, 1 when --help was asked for, -1 on a usage error.
 */
int cli_parse(struct invocation *in, int argc, char **argv, struct err *e);
/*
 * Give the option the value, as if it stood on the command line. For a flag
 * NULL means true; configuration files say "true" or "false".
 */
int cli_set(struct invocation *in, const struct cli_opt *o, const char *value,
	struct err *e);
/* NULL when the command has no such option. */
const struct cli_opt *cli_opt_find(
	const struct command *c, const char *name, size_t len);
void cli_print_help(const struct command *c);

/* config.c: set options of `in` from the configuration files. */
int cli_configure(struct invocation *in, struct err *e);

/* common.c */

/* Print the error; gives the command's exit status for trouble. */
int cli_fail(const struct invocation *in, const struct err *e);
/*
 * The store that the options and the environment name, runs that were killed
 * frozen. `must_write` also makes the store when there is none.
 */
struct store *cli_open_store(
	struct invocation *in, bool must_write, struct err *e);
/* The index of the store. Runs that it leaves out may be the ones that were
 * asked for: they are named. */
struct index *cli_open_index(struct store *s, struct err *e);
/*
 * Most commands: open the store, `work` in it, close it. `work` gives the exit
 * status, or -1 with the error, which is then printed.
 */
int cli_in_store(struct invocation *in, bool must_write,
	int (*work)(struct invocation *in, struct store *s, struct err *e));
/* Print a JSON document and a newline on stdout; takes over the reference. */
int cli_print_json(struct json_t *doc, struct err *e);
/* Flush stdout: -1 when what was printed did not arrive. */
int cli_flush(struct err *e);

/* text.c */

/* "945 kB": decimal units, two or three digits. */
char *cli_bytes_text(struct arena *a, uint64_t n);
/* Control characters and what is not UTF-8 as \xNN: safe on a terminal. */
char *cli_printable(struct arena *a, const char *s);
/* Words quoted for a shell where they must be, printable. */
char *cli_command_text(struct arena *a, const struct strlist *argv);
/* PATH as RUN:PATH means it: absolute, without "." and "..", taken from the
 * run's working directory. */
char *cli_path_in_run(
	struct arena *a, const struct manifest *m, const char *path);
