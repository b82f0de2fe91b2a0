// SPDX-License-Identifier: Apache-2.0
/* The table of every field of the manifest, and how it is asked. */
#include "manifests/fields.h"

#include "base/arena.h"
#include "manifests/manifest.h"
#include <math.h>
#include <string.h>

#define REQ FIELD_REQUIRED
#define SHOWN FIELD_SHOWN
#define FLOW FIELD_FLOW

/* Fields of the struct that S is defined as at that place. */
#define AT(m) offsetof(struct S, m)
#define STRING(key, m, flags, about)                                    \
	{                                                               \
		key, F_STRING, flags, AT(m), NULL, NULL, NULL, 0, about \
	}
#define WORD(key, m, flags, words, about)                                \
	{                                                                \
		key, F_STRING, flags, AT(m), NULL, words, NULL, 0, about \
	}
#define FORM(key, m, flags, form, about)                                \
	{                                                               \
		key, F_STRING, flags, AT(m), NULL, NULL, form, 0, about \
	}
#define INT(key, m, flags, max, about)                                 \
	{                                                              \
		key, F_INT, flags, AT(m), NULL, NULL, NULL, max, about \
	}
#define DOUBLE(key, m, about)                                       \
	{                                                           \
		key, F_DOUBLE, 0, AT(m), NULL, NULL, NULL, 0, about \
	}
#define BOOL(key, m, flags, about)                                    \
	{                                                             \
		key, F_BOOL, flags, AT(m), NULL, NULL, NULL, 0, about \
	}
#define STRINGS(key, m, flags, form, about)                              \
	{                                                                \
		key, F_STRINGS, flags, AT(m), NULL, NULL, form, 0, about \
	}
#define MAP(key, m, flags, about)                                    \
	{                                                            \
		key, F_MAP, flags, AT(m), NULL, NULL, NULL, 0, about \
	}
#define STRUCT(key, m, flags, rec, about)                               \
	{                                                               \
		key, F_STRUCT, flags, AT(m), &rec, NULL, NULL, 0, about \
	}
#define LIST(key, m, flags, rec, about)                               \
	{                                                             \
		key, F_LIST, flags, AT(m), &rec, NULL, NULL, 0, about \
	}
#define KEYED(key, m, flags, rec, about)                               \
	{                                                              \
		key, F_KEYED, flags, AT(m), &rec, NULL, NULL, 0, about \
	}
#define RECORD(name, fields)                                                 \
	static const struct record name##_record = {#name, sizeof(struct S), \
		fields, sizeof(fields) / sizeof((fields)[0])}

#define S m_tool
static const struct field tool_fields[] = {
	STRING("name", name, REQ, "the recorder: reprise"),
	STRING("version", version, REQ, "its version"),
};
RECORD(tool, tool_fields);
#undef S

#define S m_resource_usage
static const struct field resource_usage_fields[] = {
	DOUBLE("wall_s", wall_s, "seconds from start to end"),
	DOUBLE("user_s", user_s, "processor seconds in user mode"),
	DOUBLE("sys_s", sys_s, "processor seconds in the kernel"),
	INT("max_rss_bytes", max_rss_bytes, 0, INT64_MAX,
		"largest resident set of one process"),
};
RECORD(resource_usage, resource_usage_fields);
#undef S

#define S m_user
static const struct field user_fields[] = {
	INT("uid", uid, 0, UINT32_MAX, "effective user id"),
	INT("gid", gid, 0, UINT32_MAX, "effective group id"),
	STRINGS("groups", groups, FLOW, &FORM_NUMBER, "supplementary group ids"),
};
RECORD(user, user_fields);
#undef S

#define S m_host
static const struct field host_fields[] = {
	STRING("name", name, 0, "host name"),
	STRING("os", os, 0, "PRETTY_NAME of os-release(5)"),
	STRING("kernel", kernel, 0, "release of uname(2)"),
	STRING("architecture", architecture, 0, "machine of uname(2)"),
	STRING("libc", libc, 0, "C library and its version"),
	INT("available_bytes", available_bytes, 0, INT64_MAX,
		"memory that was available when it began"),
};
RECORD(host, host_fields);
#undef S

#define S m_run
static const struct field run_fields[] = {
	FORM("id", id, REQ, &FORM_UUID, "the run"),
	STRING("name", name, 0, "name given to capture"),
	STRING("group", group, 0, "group of runs that belong together"),
	WORD("status", status, REQ, "completed|failed|killed|incomplete",
		"how the command and its recording ended"),
	INT("exit_code", exit_code, 0, 255, "status that it exited with"),
	FORM("signal", signal, 0, &FORM_SIGNAL, "signal that it died of"),
	FORM("started", started, REQ, &FORM_TIME, "when it began"),
	FORM("ended", ended, 0, &FORM_TIME, "when it ended"),
	STRUCT("resource_usage", resource_usage, 0, resource_usage_record,
		"what it took"),
	STRUCT("user", user, 0, user_record, "who ran it"),
	STRUCT("host", host, 0, host_record, "where it ran"),
	WORD("backend", backend, 0, "notify|ptrace", "engine that watched it"),
	MAP("tags", tags, 0, "tags given to capture"),
};
RECORD(run, run_fields);
#undef S

#define S m_stream
static const struct field stream_fields[] = {
	WORD("kind", kind, REQ, "file|pipe|tty|socket|null|closed|other",
		"what it was"),
	STRING("path", path, 0, "path of a file or a device"),
	INT("offset", offset, 0, INT64_MAX, "file offset at the start"),
};
RECORD(stream, stream_fields);
#undef S

#define S m_command
static const struct field command_fields[] = {
	STRINGS("argv", argv, REQ | SHOWN, NULL,
		"arguments, the command's name first"),
	FORM("executable", executable, 0, &FORM_PATH,
		"file that was executed, after the search in PATH"),
	FORM("cwd", cwd, REQ, &FORM_PATH, "working directory at the start"),
	FORM("umask", umask, 0, &FORM_MODE, "file mode creation mask"),
	STRUCT("stdin", stdin_, 0, stream_record, "standard input"),
	STRUCT("stdout", stdout_, 0, stream_record, "standard output"),
	STRUCT("stderr", stderr_, 0, stream_record, "standard error"),
};
RECORD(command, command_fields);
#undef S

#define S m_code
static const struct field code_fields[] = {
	WORD("vcs", vcs, REQ, "git", "the system that keeps its versions"),
	FORM("root", root, REQ, &FORM_PATH, "directory of the work tree"),
	STRING("url", url, 0, "where it came from, without credentials"),
	FORM("commit", commit, 0, &FORM_HEX, "commit that was checked out"),
	STRING("branch", branch, 0, "branch that was checked out"),
	BOOL("dirty", dirty, REQ,
		"whether a file that was read was not as in the commit"),
	FORM("patch", patch, 0, &FORM_DIGEST,
		"object that makes the modified files of those of the commit"),
	INT("files_read", files_read, 0, INT64_MAX,
		"files of the work tree that the run read"),
	STRINGS("modified", modified, SHOWN, NULL,
		"those of them that were not as in the commit"),
	STRINGS("untracked", untracked, SHOWN, NULL,
		"those of them that were never added"),
};
RECORD(code, code_fields);
#undef S

#define S m_parameter
static const struct field parameter_fields[] = {
	STRING("name", name, REQ, "its name"),
	STRING("value", value, 0, "as it was spelled; left out: a secret"),
	STRING("source", source, REQ, "argv, or the file that it stood in"),
};
RECORD(parameter, parameter_fields);
#undef S

#define S m_metric
static const struct field metric_fields[] = {
	STRING("name", name, REQ, "dotted name"),
	STRING("value", value, REQ, "as it was spelled, the last one"),
	STRING("source", source, REQ, "path of the file"),
};
RECORD(metric, metric_fields);
#undef S

#define S m_limit
static const struct field limit_fields[] = {
	STRING("name", name, REQ, "resource of getrlimit(2), lower case"),
	FORM("soft", soft, REQ, &FORM_LIMIT, "soft limit"),
	FORM("hard", hard, REQ, &FORM_LIMIT, "hard limit"),
};
RECORD(limit, limit_fields);
#undef S

#define S m_environment
static const struct field environment_fields[] = {
	MAP("variables", variables, REQ | SHOWN,
		"environment, in the order of environ(7)"),
	STRINGS("redacted", redacted, SHOWN, NULL,
		"names of variables whose values were not recorded"),
	KEYED("limits", limits, 0, limit_record, "resource limits"),
};
RECORD(environment, environment_fields);
#undef S

#define S m_cpuid
static const struct field cpuid_fields[] = {
	FORM("leaf", leaf, REQ, &FORM_REGISTER, "EAX before the instruction"),
	FORM("subleaf", subleaf, REQ, &FORM_REGISTER,
		"ECX before the instruction"),
	FORM("eax", eax, REQ, &FORM_REGISTER, "EAX after it"),
	FORM("ebx", ebx, REQ, &FORM_REGISTER, "EBX after it"),
	FORM("ecx", ecx, REQ, &FORM_REGISTER, "ECX after it"),
	FORM("edx", edx, REQ, &FORM_REGISTER, "EDX after it"),
};
RECORD(cpuid, cpuid_fields);
#undef S

#define S m_cpuinfo
static const struct field cpuinfo_fields[] = {
	STRING("key", key, REQ, "what stands before the colon"),
	STRINGS("values", values, FLOW, NULL,
		"of each processor online, or of all"),
};
RECORD(cpuinfo, cpuinfo_fields);
#undef S

#define S m_cache
static const struct field cache_fields[] = {
	INT("level", level, REQ, UINT8_MAX, "level"),
	STRING("type", type, 0, "Data, Instruction or Unified"),
	INT("size_bytes", size_bytes, 0, INT64_MAX, "its size"),
	INT("line_bytes", line_bytes, 0, UINT32_MAX, "size of a line"),
	INT("ways", ways, 0, UINT32_MAX, "ways of associativity"),
	FORM("shared_by", shared_by, 0, &FORM_CPUS, "processors that share it"),
};
RECORD(cache, cache_fields);
#undef S

#define S m_node
static const struct field node_fields[] = {
	INT("number", number, REQ, UINT16_MAX, "its number"),
	FORM("cpus", cpus, 0, &FORM_CPUS, "processors that it is nearest to"),
	INT("memory_bytes", memory_bytes, 0, INT64_MAX, "its memory"),
	STRING("distances", distances, 0, "how far it is to each node"),
};
RECORD(node, node_fields);
#undef S

#define S m_topology
static const struct field topology_fields[] = {
	INT("sockets", sockets, 0, UINT32_MAX, "physical packages"),
	INT("cores", cores, 0, UINT32_MAX, "cores of all packages"),
	INT("threads_per_core", threads_per_core, 0, UINT32_MAX,
		"processors that share a core"),
	INT("numa_nodes", numa_nodes, 0, UINT32_MAX, "nodes of memory"),
	LIST("caches", caches, FLOW, cache_record,
		"caches of the first processor"),
	LIST("nodes", nodes, FLOW, node_record, "nodes of memory"),
};
RECORD(topology, topology_fields);
#undef S

#define S m_cpu_limit
static const struct field cpu_limit_fields[] = {
	INT("quota_us", quota_us, 0, INT64_MAX,
		"microseconds of processor time in each period"),
	INT("period_us", period_us, 0, INT64_MAX, "the period"),
	FORM("cpuset", cpuset, 0, &FORM_CPUS, "processors of the control group"),
	INT("version", version, 0, UINT8_MAX, "1 or 2, of the control groups"),
};
RECORD(cpu_limit, cpu_limit_fields);
#undef S

#define S m_cpu
static const struct field cpu_fields[] = {
	STRING("vendor", vendor, 0, "vendor, as in /proc/cpuinfo"),
	STRING("model_name", model_name, 0, "model, as in /proc/cpuinfo"),
	STRING("family", family, 0, "family; aarch64: architecture"),
	STRING("model", model, 0, "model; aarch64: part"),
	STRING("stepping", stepping, 0, "stepping; aarch64: revision"),
	STRING("microcode", microcode, 0, "version of the microcode"),
	STRINGS("flags", flags, FLOW, NULL, "flags, as in /proc/cpuinfo"),
	STRING("isa_level", isa_level, 0,
		"highest level of the architecture's ABI that it has"),
	FORM("online", online, 0, &FORM_CPUS, "processors online"),
	FORM("possible", possible, 0, &FORM_CPUS, "processors possible"),
	FORM("present", present, 0, &FORM_CPUS, "processors present"),
	INT("kernel_max", kernel_max, 0, UINT16_MAX,
		"highest number of a processor that the kernel can use"),
	FORM("affinity", affinity, 0, &FORM_CPUS,
		"processors that the command might use"),
	INT("count", count, 0, UINT32_MAX, "how many those are"),
	STRUCT("cgroup", cgroup, 0, cpu_limit_record,
		"what its control groups allow"),
	STRUCT("topology", topology, 0, topology_record,
		"how the processors belong together"),
	WORD("cpuid_faulting", cpuid_faulting, 0, "available|unavailable",
		"whether the CPUID instruction can be made to fault"),
	LIST("cpuinfo", cpuinfo, FLOW, cpuinfo_record,
		"the other lines of /proc/cpuinfo"),
	LIST("cpuid", cpuid, FLOW, cpuid_record,
		"what the CPUID instruction gives"),
};
RECORD(cpu, cpu_fields);
#undef S

#define S m_memory
static const struct field memory_fields[] = {
	INT("total_bytes", total_bytes, 0, INT64_MAX, "main memory"),
	INT("swap_bytes", swap_bytes, 0, INT64_MAX, "swap space"),
	INT("cgroup_limit_bytes", cgroup_limit_bytes, 0, INT64_MAX,
		"what its control groups allow of memory"),
	INT("cgroup_swap_limit_bytes", cgroup_swap_limit_bytes, 0, INT64_MAX,
		"what they allow of swap space"),
};
RECORD(memory, memory_fields);
#undef S

#define S m_mig
static const struct field mig_fields[] = {
	STRING("instance", instance, REQ,
		"GPU instance, or a compute instance in one"),
	FORM("device_node", device_node, 0, &FORM_PATH,
		"device node that gives access to it"),
};
RECORD(mig, mig_fields);
#undef S

#define S m_accelerator
static const struct field accelerator_fields[] = {
	WORD("vendor", vendor, REQ, "nvidia|amd|intel", "who made it"),
	STRING("model", model, 0, "model, as its driver names it"),
	STRING("uuid", uuid, 0, "unique name, as its driver's tools show it"),
	STRING("pci", pci, 0, "PCI address"),
	STRING("pci_id", pci_id, 0, "PCI vendor and device"),
	STRING("architecture", architecture, 0, "target of its compilers"),
	STRING("driver", driver, 0, "kernel module"),
	STRING("driver_version", driver_version, 0, "version of the module"),
	STRING("firmware", firmware, 0, "version of its firmware"),
	STRING("vbios", vbios, 0, "version of its video BIOS"),
	INT("memory_bytes", memory_bytes, 0, INT64_MAX, "its memory"),
	INT("compute_units", compute_units, 0, UINT32_MAX, "its compute units"),
	INT("minor", minor, 0, UINT32_MAX, "NVIDIA: N of /dev/nvidiaN"),
	STRINGS("device_nodes", device_nodes, SHOWN, &FORM_PATH,
		"device nodes that are its own"),
	LIST("mig", mig, FLOW, mig_record, "parts that it was divided into"),
	BOOL("used", used, REQ, "whether the run opened one of its nodes"),
};
RECORD(accelerator, accelerator_fields);
#undef S

#define S m_hardware
static const struct field hardware_fields[] = {
	STRUCT("cpu", cpu, 0, cpu_record, "processors"),
	STRUCT("memory", memory, 0, memory_record, "memory"),
	LIST("accelerators", accelerators, SHOWN, accelerator_record,
		"GPUs and the like"),
};
RECORD(hardware, hardware_fields);
#undef S

#define S m_altered
static const struct field altered_fields[] = {
	FORM("path", path, REQ, &FORM_PATH, "the file"),
	STRING("installed", installed, REQ,
		"digest that the package's record has"),
	FORM("digest", digest, REQ, &FORM_DIGEST, "of what the run used"),
};
RECORD(altered, altered_fields);
#undef S

#define S m_package
static const struct field package_fields[] = {
	FORM("id", id, REQ, &FORM_ID, "name within the manifest"),
	STRING("purl", purl, REQ, "package URL"),
	STRING("type", type, REQ, "type of the package URL"),
	STRING("name", name, REQ, "its name"),
	STRING("version", version, 0, "its version"),
	STRING("source", source, 0, "name and version of what it was built from"),
	FORM("location", location, 0, &FORM_PATH,
		"directory that it is installed in"),
	INT("files_used", files_used, 0, INT64_MAX, "its files that the run used"),
	INT("files_total", files_total, 0, INT64_MAX, "all its files"),
	LIST("altered", altered, FLOW, altered_record,
		"used files that are not as they were installed"),
};
RECORD(package, package_fields);
#undef S

#define S m_library
static const struct field library_fields[] = {
	FORM("path", path, REQ, &FORM_PATH, "the file"),
	FORM("digest", digest, 0, &FORM_DIGEST, "of its bytes"),
	STRING("soname", soname, 0, "its DT_SONAME"),
	FORM("build_id", build_id, 0, &FORM_HEX, "its NT_GNU_BUILD_ID"),
	FORM("package", package, 0, &FORM_ID, "package that it belongs to"),
	STRING("component", component, 0, "well-known library that it is part of"),
	STRING("version", version, 0, "version of the component"),
	WORD("loaded_by", loaded_by, 0, "exec|interp|preload|needed|dlopen",
		"how it came into a process"),
	STRINGS("needed", needed, FLOW, NULL, "its DT_NEEDED"),
	STRINGS("runpath", runpath, FLOW, NULL,
		"directories of its DT_RPATH and DT_RUNPATH"),
	MAP("requires", requires, 0, "highest version of each set of symbols"),
	STRING("isa_level", isa_level, 0, "level of the processor that it needs"),
	STRING("note_package", note_package, 0, "its .note.package"),
	STRINGS("note_dlopen", note_dlopen, 0, NULL, "its .note.dlopen"),
	STRINGS("processes", processes, FLOW, &FORM_ID,
		"processes that mapped or executed it"),
};
RECORD(library, library_fields);
#undef S

#define S m_data
static const struct field data_fields[] = {
	FORM("id", id, REQ, &FORM_ID, "its name in this manifest"),
	FORM("path", path, REQ, &FORM_PATH, "where it was"),
	WORD("kind", kind, REQ, "file|tree",
		"one file, or a directory with its table"),
	WORD("role", role, 0,
		"code|dataset|model|configuration|checkpoint|log|metrics|other",
		"what it was for"),
	INT("files", files, 0, INT64_MAX, "number of files in a tree"),
	INT("bytes", bytes, 0, INT64_MAX, "size of all of it"),
	FORM("digest", digest, 0, &FORM_DIGEST,
		"of the file, or of the tree's table"),
	FORM("mode", mode, 0, &FORM_MODE, "permission bits of an output"),
	BOOL("stored", stored, REQ, "whether the store has the content"),
	STRING("origin", origin, 0, "where it came from"),
	FORM("written_by", written_by, 0, &FORM_ID,
		"id of the process that wrote it"),
};
RECORD(data, data_fields);
#undef S

#define S m_files
static const struct field files_fields[] = {
	FORM("path", path, REQ, &FORM_FILENAME,
		"file name of the table, beside the manifest"),
	FORM("digest", digest, REQ, &FORM_DIGEST, "of the table"),
	INT("entries", entries, REQ, INT64_MAX, "rows of the table"),
};
RECORD(files, files_fields);
#undef S

#define S m_process
static const struct field process_fields[] = {
	FORM("id", id, REQ, &FORM_ID, "its name in this manifest"),
	FORM("parent", parent, 0, &FORM_ID, "id of the process that started it"),
	STRING("executable", executable, 0, "file that was executed"),
	STRINGS("argv", argv, REQ | SHOWN, NULL, "arguments"),
	STRING("cwd", cwd, 0, "working directory"),
	STRINGS("env_added", env_added, 0, NULL,
		"NAME=VALUE that the command itself did not have"),
	INT("exit_code", exit_code, 0, 255, "exit status, or 128 and the signal"),
};
RECORD(process, process_fields);
#undef S

#define S m_processes
static const struct field processes_fields[] = {
	INT("count", count, 0, INT64_MAX, "processes that are known"),
	LIST("items", items, SHOWN, process_record,
		"one for each program that was executed"),
};
RECORD(processes, processes_fields);
#undef S

#define S m_device
static const struct field device_fields[] = {
	FORM("path", path, REQ, &FORM_PATH, "device node"),
	WORD("type", type, 0, "char|block", "kind of device"),
	INT("major", major, 0, UINT32_MAX, "major number"),
	INT("minor", minor, 0, UINT32_MAX, "minor number"),
	WORD("access", access, 0, "r|w|rw", "how it was opened"),
	BOOL("accelerator", accelerator, 0, "whether it is one of a GPU"),
};
RECORD(device, device_fields);
#undef S

#define S m_network
static const struct field network_fields[] = {
	STRING("family", family, REQ, "address family, lower case"),
	STRING("protocol", protocol, 0, "socket type"),
	WORD("direction", direction, 0, "connect|bind", "what was called"),
	STRING("peer", peer, 0, "address"),
	STRING("role", role, 0, "what it was for"),
};
RECORD(network, network_fields);
#undef S

#define S m_gap
static const struct field gap_fields[] = {
	STRING("kind", kind, REQ, "what sort of gap, one word"),
	STRING("path", path, 0, "file that it hurts"),
	STRING("detail", detail, 0, "one line for a person"),
};
RECORD(gap, gap_fields);
#undef S

#define S m_completeness
static const struct field completeness_fields[] = {
	WORD("aggregate", aggregate, REQ, "complete|incomplete",
		"whether all was recorded"),
	LIST("gaps", gaps, REQ | SHOWN, gap_record, "what is known to be missing"),
	LIST("notes", notes, 0, gap_record,
		"what was done differently although nothing is missing"),
};
RECORD(completeness, completeness_fields);
#undef S

#define S manifest
static const struct field manifest_fields[] = {
	WORD("schema", schema, REQ, MANIFEST_SCHEMA, "this format"),
	STRUCT("tool", tool, REQ, tool_record, "what wrote the manifest"),
	STRUCT("run", run, REQ, run_record,
		"all that differs between two runs of the same thing"),
	STRUCT("command", command, REQ, command_record, "what was run"),
	LIST("code", code, SHOWN, code_record,
		"version-controlled trees that files were read of"),
	LIST("parameters", parameters, SHOWN, parameter_record,
		"settings on the command line and in configuration files"),
	LIST("metrics", metrics, 0, metric_record,
		"results in files of metrics that it wrote"),
	STRUCT("environment", environment, REQ | SHOWN, environment_record,
		"variables and limits"),
	STRUCT("hardware", hardware, 0, hardware_record, "the machine"),
	LIST("packages", packages, 0, package_record,
		"packages that it used files of"),
	FORM("installed", installed, 0, &FORM_DIGEST,
		"object that lists all installed packages"),
	LIST("libraries", libraries, 0, library_record,
		"ELF files that it executed or mapped executable"),
	LIST("inputs", inputs, REQ | SHOWN, data_record,
		"what was read and not written"),
	LIST("outputs", outputs, REQ | SHOWN, data_record,
		"what the run left behind"),
	STRUCT("files", files, REQ, files_record, "the table of all files"),
	STRUCT("processes", processes, 0, processes_record,
		"programs that were executed"),
	LIST("devices", devices, REQ | SHOWN, device_record,
		"device nodes that were opened"),
	LIST("network", network, REQ | SHOWN, network_record,
		"sockets that were connected or bound"),
	STRUCT("completeness", completeness, REQ, completeness_record,
		"what was not recorded"),
};
#undef S

const struct record manifest_record = {"manifest", sizeof(struct manifest),
	manifest_fields, sizeof(manifest_fields) / sizeof(manifest_fields[0])};

void record_init(const struct record *rec, void *at)
{
	memset(at, 0, rec->size);
	for (size_t i = 0; i < rec->count; i++) {
		const struct field *f = &rec->fields[i];

		if (f->type == F_INT)
			*(int64_t *)field_at(f, at) = ABSENT;
		else if (f->type == F_DOUBLE)
			*(double *)field_at(f, at) = NAN;
		else if (f->type == F_STRUCT)
			record_init(f->record, field_at(f, at));
	}
}

void manifest_init(struct manifest *m, struct arena *a)
{
	record_init(&manifest_record, m);
	m->schema = arena_strdup(a, MANIFEST_SCHEMA);
	m->tool.name = arena_strdup(a, "reprise");
	m->tool.version = arena_strdup(a, REPRISE_VERSION);
}

static bool is_one_of(const char *words, const char *s)
{
	size_t len = strlen(s), n;

	for (;; words += n + 1) {
		n = strcspn(words, "|");
		if (n == len && memcmp(words, s, n) == 0)
			return true;
		if (words[n] == '\0')
			return false;
	}
}

const char *field_problem(const struct field *f, const char *s)
{
	if (f->words != NULL && !is_one_of(f->words, s))
		return f->words;
	if (f->form != NULL && !f->form->ok(s))
		return f->form->name;
	return NULL;
}

static bool record_empty(const struct record *rec, const void *at);

bool field_empty(const struct field *f, const void *record)
{
	const void *at = field_at(f, record);

	switch (f->type) {
	case F_STRING:
		return *(char *const *)at == NULL;
	case F_INT:
		return *(const int64_t *)at == ABSENT;
	case F_DOUBLE:
		return !isfinite(*(const double *)at);
	case F_BOOL:
		return false;
	case F_STRINGS:
	case F_MAP:
	case F_LIST:
	case F_KEYED:
		return ((const struct any_list *)at)->count == 0;
	case F_STRUCT:
		return record_empty(f->record, at);
	}
	return true;
}

static bool record_empty(const struct record *rec, const void *at)
{
	for (size_t i = 0; i < rec->count; i++) {
		if (!field_empty(&rec->fields[i], at))
			return false;
	}
	return true;
}
