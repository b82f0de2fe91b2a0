/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The map of the program. A module includes only modules above it; of
 * capture/, replay/ and audit/ none includes another. `make lint` keeps the
 * map in step with the files.
 *
 * base/: what everything stands on
 *   arena         memory by lifetime
 *   clock         monotonic milliseconds
 *   digest        SHA-256
 *   err           the one error type
 *   fault         faults that tests ask for
 *   fs            descriptors, whole reads and writes, paths
 *   fs_open       opening where others lay the ways
 *   library       loading a library when it is needed
 *   log           reprise's own lines on stderr
 *   map           the hash map
 *   packet        messages with a descriptor
 *   progress      a line that says how far it is
 *   pty           pseudo-terminals
 *   sort          sorting by text
 *   strbuf        the growing byte string
 *   threads       many items, shared out to threads
 * numeric/: two contents of numbers
 *   cells         cells of a row of a table as text
 *   contents      which format a stream has
 *   csv           tables as text
 *   distance      how far apart numbers are
 *   json          JSON as a tree
 *   json_values   JSON, value by value
 *   members       zip files, member by member
 *   npy           NumPy arrays
 *   numbers       types of numbers, and decoding them
 *   numeric       which format two files have
 *   pickle        a pickle's operations
 *   pickle_storages  the storages that it refers to
 *   safetensors   safetensors files, tensor by tensor
 *   stamps        times inside zip and gzip files
 *   stream        a range of a file, or what is packed in it
 *   torch         PyTorch files, storage by storage
 *   zip           the directory of a zip file
 * manifests/: the record as data
 *   attributes    extended attributes as text
 *   check         what a schema cannot say
 *   events        libyaml's events, with positions and limits
 *   fields        the table of every field of the manifest
 *   forms         what strings must look like
 *   json_out      the manifest as JSON
 *   purl          package URLs
 *   purl_types    rules of their types
 *   row           the fields of a row of files.yaml
 *   scalar        YAML's scalars, UTF-8, base64
 *   schema        the JSON Schema, from the table of fields
 *   table_diff    what differs between two file tables
 *   table_in      reading files.yaml fast, in the form we write
 *   table_out     writing files.yaml
 *   table_yaml    reading files.yaml in any other form
 *   yaml_in       reading the manifest
 *   yaml_out      writing the manifest
 * store/: objects and runs
 *   batch         putting contents into a batch
 *   bundle_in     taking a bundle into the store
 *   bundle_out    writing a bundle
 *   bundle_read   what a bundle may hold
 *   cache_dir     the user's cache
 *   commit        making a batch durable
 *   digest_cache  digests of files that were quiet
 *   digest_file   the digest of a file, through that cache
 *   index         what all runs used and made: opening, asking
 *   index_add     a run into it
 *   index_add_contents  its inputs and outputs
 *   index_add_uses  its packages and libraries
 *   index_contents  who read and wrote what
 *   index_db      its database, whatever became of the file
 *   index_runs    runs, parameters, metrics
 *   index_schema  its tables and statements
 *   index_update  against the directory of runs
 *   index_uses    libraries and packages
 *   index_values  values of its rows
 *   journal       writing a journal
 *   journal_read  reading one, and whether its run lives
 *   names         names of runs
 *   names_list    all of them
 *   needs         everything that a run needs
 *   objects       finding, opening and verifying objects
 *   run_dead      runs that nobody records any more
 *   run_find      from what a person types to a run
 *   run_head      what a listing shows of a run
 *   run_list      the runs, the latest first
 *   runs          a run's directory, from making to publishing
 *   scratch       private directories under tmp/
 *   set           files of a run that have a name
 *   set_compare   a directory against such a set
 *   space         the rule of 5 % free
 *   store         which store, and opening it
 *   tree_files    the files of a root of data
 *   verify        re-hashing what runs need
 * host/: readers of a machine
 *   accelerators  GPUs and the like, and which a run used
 *   cdi           what vendors say a container needs for a device
 *   cgroup        limits of control groups
 *   component     well-known libraries, by their names
 *   conda         packages of a conda environment
 *   cpu           processors
 *   cpuid         what the CPUID instruction gives
 *   cpuinfo       /proc/cpuinfo as data, and back as text
 *   dpkg          Debian packages
 *   dpkg_digests  what their files were when they were installed
 *   dpkg_files    what they have
 *   dpkg_index    which lists a path may be in
 *   dpkg_owners   whose a path is
 *   drm           GPUs of /sys/class/drm
 *   elf           what an ELF file says about how it is run, or loaded
 *   elf_dynamic   its dynamic section, and the versions it needs
 *   elf_image     its headers, bytes and strings
 *   elf_notes     its notes
 *   files         small files of /proc and /sys
 *   hardware      all of it
 *   kfd           what AMD's compute driver adds
 *   ld_cache      the cache of the dynamic loader
 *   libraries     libraries that an ELF file needs, as the loader finds them
 *   limits        names of the resource limits
 *   memory        sizes of memory
 *   merged        top directories that are links into /usr
 *   nvidia        GPUs of NVIDIA's driver
 *   nvidia_driver  its user libraries
 *   os_release    which distribution a system is
 *   owners        whose a file is, by all databases together
 *   owners_conda  by conda's
 *   owners_dpkg   by Debian's
 *   owners_huggingface  by the cache of Hugging Face's models
 *   owners_python  by Python's
 *   owners_rpm    by rpm's
 *   problems      what a reader of packages could not read
 *   python        distributions in a directory of Python's packages
 *   python_files  what they have
 *   rpm           RPM packages
 *   rpm_header    the header of one
 *   topology      packages, cores, caches
 * sandbox/watch/: a watched process tree
 *   arch          processor facts
 *   caller        what exec keeps and a fork would lose
 *   choose        which engine that makes, or what would help
 *   exits         how processes ended
 *   filter        the table of calls as BPF
 *   guest         a command that somebody else starts
 *   keeper        the process that the user started
 *   memory        the memory of a stopped task
 *   notify        the engine of seccomp user notification
 *   pass_on       signals that are meant for the command
 *   probe         what of watching works here
 *   proc          what /proc tells of another process
 *   ptrace        the engine of ptrace
 *   recorder      the process that hears of each call
 *   relay         copies of what the command writes
 *   relays        those of one watch
 *   signals       what signals do to keeper and recorder
 *   spawn         the command's process, up to its first execve
 *   take_over     when the recorder is lost
 *   watch         starting keeper and recorder
 *   watchdog      a recorder that does not answer
 * sandbox/isolation/: one command in namespaces of its own
 *   command       limits, directory, stdin, exec
 *   covers        directories of /proc and /sys, in part
 *   dev           a /dev of its own
 *   emulate       answers about processors and memory
 *   emulate_cpus  affinity in the numbers of the record
 *   enter         the way in for one who watches
 *   group         a control group with limits
 *   group_find    which one is ours, and may it have children
 *   host_remedy   which setting stands in the way
 *   host_support  what this machine allows
 *   ids           user and group ids
 *   init          PID 1 of the sandbox
 *   mounts        mount operations by descriptor
 *   network       host name, loopback
 *   pass_on       signals to the caller, a command that stopped
 *   privileges    capabilities
 *   probe_kernel  probes of masking, and of what is installed
 *   probe_mounts  probes of namespaces and mounts
 *   probe_watch   probes of how a command can be watched
 *   proc_sys      a /proc and /sys of its own
 *   root          the new root, made the only one
 *   run           the caller's side
 *   seccomp_deny  calls that no training run needs
 *   seccomp_load  loading that filter
 *   steps         the set-up, step by step
 *   terminal      a terminal in the place of the caller's
 *   terminal_guard  the mode of the caller's, when we are killed
 *   terminal_job  modes of the caller's, job control
 *   terminal_set_up  making the command's
 *   volumes       parts of the host that the caller asks for
 * capture/: what is recorded
 *   ahead         hashing while the command runs
 *   altered       files that are not as their packages had them
 *   arguments     argv and environ of an execve
 *   binfmt        programs registered for others
 *   calls         the table of watched calls
 *   capture       one capture, from beginning to summary
 *   classify      roles of inputs and outputs
 *   code          repositories that files lie in
 *   code_compare  files against what was committed
 *   code_git      commit, branch and remote of one
 *   command       the search in PATH
 *   contents      the threads that hash and store
 *   decode        from a call to its touches
 *   elsewhere     what is written in other mount namespaces
 *   ending        how the command ended
 *   events        a journal read back into a record
 *   finish        from the record to a published run
 *   finish_data   inputs, outputs, processes, gaps of it
 *   finish_libraries  what was executed or mapped executable
 *   finish_outputs  models, metrics and settings that the run wrote
 *   finish_packages  its packages
 *   finish_plan   which contents it needs
 *   finish_preloads  what was to be preloaded
 *   finish_rows   its tables
 *   finish_sources  its code and parameters
 *   freeze        runs whose recorder is dead
 *   git           loading libgit2
 *   guest         a command in a sandbox of somebody else's
 *   guest_record  the recorder of such a one
 *   handle        one watched call
 *   identity      which row a place belongs to
 *   inherit       what the command has before it runs
 *   loads         why each library of a process is in it
 *   log           standard output and error as outputs
 *   metrics       results in files that the run wrote
 *   model_file    files of models, by what is in them
 *   network       peers of connect and bind
 *   packages      whole packages, and a shell
 *   parameters    names and values out of configuration files
 *   parameters_argv  those of a command line
 *   parameters_toml  TOML as a tree
 *   parameters_yaml  YAML as a tree
 *   preserve      old contents of files about to change
 *   process       processes, and who ran them
 *   program       what runs a program
 *   record        touched paths, journaled
 *   record_facts  processes, devices, peers, gaps, journaled
 *   record_moves  what the run has moved, journaled
 *   rename        two names at once
 *   require       the sets of files that --require insists on
 *   resolve       a path as the task sees it
 *   resolve_proc  what /proc leads to
 *   roots         directories whose files belong together
 *   rows          rows of the file table
 *   secrets       patterns of secrets
 *   seen          accesses that need no second look
 *   served        file systems that the run itself serves
 *   special       devices and named pipes
 *   state         the state of a path
 *   summary       the lines after a capture
 *   surroundings  the machine and the environment
 *   task          names of a task's directories
 *   terminal      a terminal that stands for the caller's
 *   touch         first touch wins
 *   tracers       programs that watch others or confine themselves
 *   xattrs        extended attributes of a file
 * replay/: how it comes back
 *   command       what the command sees of itself
 *   compare       each recorded output against the replayed one
 *   cpu_dir       directories of /sys, in memory or in the cache
 *   cpu_lines     lines of /proc/cpuinfo that were not recorded
 *   cpu_plan      recorded processors on this host
 *   cpu_text      files of /proc about processors and memory
 *   cpu_tree      directories of /sys about them
 *   cpu_view      the recorded processors
 *   gpu           the GPUs of a replay, in order
 *   gpu_cdi       what specifications of vendors add
 *   gpu_driver    NVIDIA's user libraries
 *   gpu_host      what this host has
 *   gpu_nodes     nodes of /dev, NVIDIA's part of /proc
 *   gpu_select    a GPU of this host for each recorded one
 *   gpu_text      both sides in words
 *   gpu_visible   CUDA_VISIBLE_DEVICES and its like
 *   host          what the plan needs to know of this host
 *   inputs        files of this host in the place of recorded ones
 *   keep          what the replay wrote, copied out
 *   layer         filling a directory with a layer of the tree
 *   layer_kinds   real files, and names only
 *   layer_threads a layer that is filled by several threads
 *   objects       checking objects before they are used
 *   parts         options that replace parts, looked up
 *   parts_plan    the plan with replaced parts
 *   parts_result  what is said about them
 *   place         how files of this host get into the root
 *   plan          rows in, objects out, differences foreseen
 *   plan_print    the plan for a person
 *   read_only     subtrees that the command may not write
 *   references    inputs that were kept by reference
 *   replay        one replay, from plan to verdict
 *   result        the verdict, for people and as JSON
 *   scratch       the private directory of a replay
 *   sources       files of this host, hashed
 *   stage         what both ways to build a root share
 *   stage_a       metadata over the store's objects
 *   stage_b       a tree of real files in the cache
 *   together      limits of all processes together
 *   trace         the replay as a run of its own, against the record
 *   trace_result  what is said about that
 *   tree          rows become a tree
 *   tree_finish   order of names, and layers
 *   tree_replace  what stands in the place of rows
 *   tree_resolve  paths as the command will follow them
 *   upper         what the replay wrote
 *   verdict       two contents: close, or different
 * audit/: what it means
 *   crate_data    inputs and outputs as entities of a crate
 *   crate_entities  identifiers and entities of a crate
 *   csv_diff      rows and columns of two tables as text
 *   csv_table     columns and their values
 *   cyclonedx_components  components of a CycloneDX document
 *   cyclonedx_graph  its dependencies, and the run that made it
 *   diff          comparing two runs, part by part
 *   diff_code     repositories
 *   diff_contents how far two contents are apart
 *   diff_data     inputs
 *   diff_files    files of the environment
 *   diff_json     the differences for programs
 *   diff_match    which input of one run is which of the other
 *   diff_outcome  the end, metrics, outputs
 *   diff_parts    adding differences, and pairing lists
 *   diff_set      command, parameters, variables
 *   diff_system   packages, libraries, the machine
 *   diff_tree     two roots of data
 *   export_crate  the metadata of an RO-Crate
 *   export_cyclonedx  a CycloneDX document
 *   export_requirements  packages as pip asks for them
 *   export_sums   digests as sha256sum prints them
 *   lineage       following contents from run to run
 *   lineage_dot   the graph of runs for Graphviz
 *   lineage_json  the graph of runs for programs
 *   lineage_known who read and wrote a content, asked once
 *   lineage_text  the graph of runs as a tree
 *   origin        which runs wrote or read a content
 *   policy        reading what a run must not have used
 *   policy_check  a run against it
 *   query         what a run has of a name
 *   query_where   conditions on that
 *   report        packages, libraries and gaps in order
 *   requirement   a name, package URL, SONAME or digest to look for
 *   requirement_match  libraries and packages against it
 *   requirement_range  bounds of versions
 *   settings      variables that decide results
 *   text_rows     rows of a text, and what makes one text of another
 *   unused        installed packages that a run did without
 *   version       which of two versions is newer
 *   version_conda  by the rule of conda
 *   version_generic  by no rule but numbers and words
 *   version_packaged  by the rules of deb and rpm
 *   version_pep440  by the rule of Python
 *   version_runs  runs of digits and letters
 *   words         words as one text
 * cli/: commands
 *   audit         reprise audit
 *   audit_json    what it found for programs
 *   audit_person  and for people
 *   bundle_run    a bundle in the place of a run
 *   capture       reprise capture
 *   common        the store, errors, standard output
 *   config        configuration files
 *   diff          what differs between two runs
 *   doctor        reprise doctor
 *   doctor_gpu    what it says of GPUs
 *   export        reprise export
 *   export_dir    exports that are a directory
 *   export_document  exports that are one document
 *   find_row      one row of a record, by its path
 *   finish        reprise finish
 *   help          reprise help
 *   import        reprise import
 *   lineage       reprise lineage
 *   list          reprise list
 *   list_columns  values that tell runs apart
 *   list_files    files of a run, by content or path
 *   list_json     a run as JSON
 *   list_select   which runs, in which order
 *   list_table    runs for a person
 *   list_uses     who used what
 *   main          this file: the command table
 *   name          reprise name
 *   options       the option parser and --help
 *   replay        reprise replay
 *   replay_trace  what --trace captures a replay with
 *   show          reprise show
 *   show_json     rows as JSON
 *   show_person   a run on a page
 *   subject       a run, or a file: what a question is about
 *   text          strings and numbers for people
 *   verify        reprise verify
 *   version       reprise version
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "cli/cli.h"
#include <stdio.h>
#include <string.h>

const struct command *const cli_commands[] = {
	&cmd_audit,
	&cmd_capture,
	&cmd_diff,
	&cmd_doctor,
	&cmd_export,
	&cmd_finish,
	&cmd_help,
	&cmd_import,
	&cmd_lineage,
	&cmd_list,
	&cmd_name,
	&cmd_replay,
	&cmd_show,
	&cmd_verify,
	&cmd_version,
	NULL,
};

const struct command *cli_find(const char *name)
{
	for (size_t i = 0; cli_commands[i] != NULL; i++)
		if (strcmp(cli_commands[i]->name, name) == 0)
			return cli_commands[i];
	return NULL;
}

/* Edits (insert, remove, change one letter) between two short words. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[32];
	size_t n = strlen(b);

	if (n >= sizeof(row) / sizeof(*row))
		return 99;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

static int unknown_command(const char *name)
{
	const char *near = NULL;
	unsigned best = 3;

	for (size_t i = 0; cli_commands[i] != NULL; i++) {
		unsigned d = distance(name, cli_commands[i]->name);

		if (d < best) {
			best = d;
			near = cli_commands[i]->name;
		}
	}
	if (near != NULL)
		log_error("unknown command '%s'; did you mean '%s'?", name, near);
	else
		log_error("unknown command '%s'; see 'reprise help'", name);
	return CLI_TROUBLE;
}

static int run_command(const struct command *c, int argc, char **argv)
{
	autoarena *arena = arena_new();
	struct invocation in = {.command = c, .arena = arena};
	struct err config_err = ERR_INIT, e = ERR_INIT;
	const struct common_options *common;
	int configured, parsed;

	in.options = arena_alloc(arena, c->options_size);
	if (c->defaults != NULL)
		c->defaults(in.options);
	configured = cli_configure(&in, &config_err);
	parsed = cli_parse(&in, argc, argv, &e);
	/* Help must come even when a configuration file is broken. */
	if (parsed == 1) {
		cli_print_help(c);
		return cli_flush(&e) < 0 ? cli_fail(&in, &e) : CLI_OK;
	}
	if (parsed < 0)
		return cli_fail(&in, &e);
	if (configured < 0)
		return cli_fail(&in, &config_err);
	common = in.options;
	if (common->quiet)
		log_set_level(LOG_ERRORS);
	return c->run(&in);
}

int main(int argc, char **argv)
{
	static char help[] = "help", version[] = "version";
	char *words[] = {NULL, NULL};
	const struct command *c;

	if (argc < 2) {
		log_error("a command is missing; see 'reprise help'");
		return CLI_TROUBLE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		words[0] = help;
	else if (strcmp(argv[1], "--version") == 0)
		words[0] = version;
	if (words[0] != NULL)
		return run_command(cli_find(words[0]), 1, words);
	if (argv[1][0] == '-') {
		log_error("unknown option '%s'; see 'reprise help'", argv[1]);
		return CLI_TROUBLE;
	}
	c = cli_find(argv[1]);
	if (c == NULL)
		return unknown_command(argv[1]);
	return run_command(c, argc - 1, argv + 1);
}
