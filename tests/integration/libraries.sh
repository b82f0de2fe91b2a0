# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# limit: 300
# Libraries: of each process exactly those that the dynamic loader says it
# loaded, and why; and what each file tells of itself.
# shellcheck disable=SC2016 # for the linker, the loader and captured shells
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# same_as_loader MINIMUM COMMAND...: at least so many processes.
same_as_loader() {
	least=$1
	shift
	rm -rf "$T/ld"
	mkdir "$T/ld"
	capture_ok -q env LD_DEBUG=files,libs "LD_DEBUG_OUTPUT=$T/ld/d" "$@"
	reprise show --json "$RUN" >"$T/manifest"
	"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/ld_debug.py" \
		"$T/ld/d" "$least" <"$T/manifest" >"$T/out" ||
		fail "not as the loader said: $*"
	cat "$T/out"
}

# library_has PATH KEY VALUE
library_has() {
	manifest_has "libraries.$1.$2" "$3"
}

no_library() {
	if manifest "libraries.$1.path" 2>/dev/null; then
		fail "$1 is among the libraries"
	fi
}

# --- small libraries of our own ---------------------------------------------

# library NAME FLAGS...: lib/libNAME.so with one function, NAME.
library() {
	name=$1
	shift
	echo "int $name(void); int $name(void) { return 0; }" >"$name.c"
	cc -shared -fPIC -o "lib/lib$name.so" "$name.c" \
		-Wl,--no-as-needed -Llib "-Wl,-rpath-link,$PWD/lib" "$@"
}
mkdir lib
library deep -Wl,-soname,libdeep.so
library direct -Wl,-soname,libdirect.so.1 -ldeep '-Wl,-rpath,$ORIGIN'
# Whose SONAME is not the name of its file.
mv lib/libdirect.so lib/libdirect.so.1.2
ln -s libdirect.so.1.2 lib/libdirect.so.1
ln -s libdirect.so.1 lib/libdirect.so
# Without a SONAME: needed by the name of the link.
library real
mv lib/libreal.so lib/libreal-3.so
ln -s libreal-3.so lib/libbylink.so
library extra -Wl,-soname,libextra.so
library opened -Wl,-soname,libopened.so -lextra -ldeep \
	-Wl,--disable-new-dtags '-Wl,-rpath,$ORIGIN:/nowhere'
library wanted -Wl,-soname,libwanted.so
library early -Wl,-soname,libearly.so -lwanted '-Wl,-rpath,$ORIGIN'
library forked -Wl,-soname,libforked.so

cat >main.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
/* open PATH, fork PATH (a child opens it), run PROGRAM (with what follows). */
int main(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i + 1 < argc && !status; i += 2) {
		if (!strcmp(argv[i], "open") && !dlopen(argv[i + 1], RTLD_NOW))
			return fprintf(stderr, "%s\n", dlerror()), 1;
		if (!strcmp(argv[i], "fork") && fork() == 0)
			_exit(!dlopen(argv[i + 1], RTLD_NOW));
		if (!strcmp(argv[i], "run") && fork() == 0)
			return execv(argv[i + 1], argv + i + 1);
		while (wait(&status) > 0)
			;
		if (!strcmp(argv[i], "run"))
			break;
	}
	return status != 0;
}
END
cc -o main main.c -Wl,--no-as-needed -Llib -ldirect -lbylink -ldl \
	"-Wl,-rpath-link,$PWD/lib" '-Wl,-rpath,$ORIGIN/lib'
cc -o plain main.c -ldl

same_as_loader 3 LD_PRELOAD="$PWD/lib/libearly.so" ./main \
	open libopened.so open "$PWD/lib/../lib/libopened.so" \
	fork libforked.so run "$PWD/plain" open "$PWD/lib/libdeep.so" \
	run "$PWD/plain"
library_has "$PWD/main" loaded_by exec
library_has "$PWD/main" runpath '["$ORIGIN/lib"]'
library_has "$PWD/lib/libdirect.so.1.2" loaded_by needed
library_has "$PWD/lib/libdirect.so.1.2" soname libdirect.so.1
library_has "$PWD/lib/libdirect.so.1.2" needed '["libdeep.so", "libc.so.6"]'
library_has "$PWD/lib/libreal-3.so" loaded_by needed
library_has "$PWD/lib/libopened.so" loaded_by dlopen
library_has "$PWD/lib/libopened.so" runpath '["$ORIGIN", "/nowhere"]'
library_has "$PWD/lib/libopened.so" processes '["p2"]'
# Needed by what was opened only, and by the program, too.
library_has "$PWD/lib/libextra.so" loaded_by dlopen
library_has "$PWD/lib/libdeep.so" loaded_by needed
library_has "$PWD/lib/libdeep.so" processes '["p2", "p3"]'
library_has "$PWD/lib/libearly.so" loaded_by preload
library_has "$PWD/lib/libwanted.so" loaded_by needed
library_has "$PWD/lib/libforked.so" processes '["p2"]'
library_has "$PWD/lib/libearly.so" digest \
	"sha256:$(sha256sum lib/libearly.so | cut -d ' ' -f 1)"
manifest_has processes.items.p3.executable "$PWD/plain"
manifest_complete
ok reprise show "$RUN"
stdout_has '^libraries  *[0-9]*, [1-9][0-9]* of them by dlopen$'

# Preloaded by a name, and by a path from where the program was started.
LD_LIBRARY_PATH=$PWD/lib
export LD_LIBRARY_PATH
same_as_loader 1 LD_PRELOAD=libearly.so:libdeep.so ./main
library_has "$PWD/lib/libearly.so" loaded_by preload
library_has "$PWD/lib/libdeep.so" loaded_by preload
unset LD_LIBRARY_PATH
same_as_loader 1 'LD_PRELOAD=lib/libearly.so ./lib/../lib/libdeep.so' ./main
library_has "$PWD/lib/libearly.so" loaded_by preload
library_has "$PWD/lib/libdeep.so" loaded_by preload

# By the system's file, in namespaces of our own. A reprise with a sanitizer
# does not let itself be preloaded.
if unshare --user --map-root-user --mount true 2>/dev/null &&
	! ldd "$(command -v reprise)" | grep -q 'lib.san'; then
	mkdir etc
	cp /etc/passwd /etc/group /etc/ld.so.cache etc 2>/dev/null
	printf '# %s/lib/libdeep.so\n%s/lib/libearly.so\n' "$PWD" "$PWD" \
		>etc/ld.so.preload
	ok unshare --user --map-root-user --mount sh -euc "
		mount --bind $PWD/etc /etc
		exec reprise capture -q --backend $REPRISE_TEST_BACKEND \
			--id-file $T/id ./main"
	RUN=$(cat "$T/id")
	library_has "$PWD/lib/libearly.so" loaded_by preload
	library_has "$PWD/lib/libdeep.so" loaded_by needed
else
	echo "no namespaces here, or a sanitizer"
fi

# --- what runs what ---------------------------------------------------------

loader=$(readelf -p .interp main | sed -n 's/.* \//\//p')
loader=$(readlink -f "$loader")
cp /bin/sh shell
printf '#!%s\n./main; ./main\n' "$PWD/shell" >script
chmod +x script
same_as_loader 3 ./script
no_library "$PWD/script"
library_has "$PWD/shell" loaded_by exec
library_has "$PWD/main" processes '["p3", "p4"]'
library_has "$loader" loaded_by interp
library_has "$loader" processes '["p1", "p2", "p3", "p4"]'

# One after the other, with nothing between them.
capture_ok -q sh -c './plain; ./plain; ./plain; :'
library_has "$PWD/plain" processes '["p2", "p3", "p4"]'
library_has "$(readlink -f "$(ldd plain | awk '/libc\.so/ { print $3 }')")" \
	processes '["p1", "p2", "p3", "p4"]'

# The loader as a command.
capture_ok -q "$loader" ./main
library_has "$loader" loaded_by exec
library_has "$PWD/main" loaded_by exec
library_has "$PWD/lib/libdirect.so.1.2" loaded_by needed

# Of other kinds: nothing but themselves, or libraries of their kind.
cc -static -o static main.c 2>/dev/null
capture_ok -q ./static
[ "$(manifest libraries.#)" = 1 ] || fail "a static program has libraries"
library_has "$PWD/static" loaded_by exec
if cc -m32 -o small main.c -ldl 2>/dev/null && run ./small && [ "$STATUS" = 0 ]
then
	same_as_loader 1 ./small
	library_has "$PWD/small" loaded_by exec
fi

# Mapped executable, but no program.
echo data >data
capture_ok -q "$PROBES/steps" mapexec:data
file_has "$PWD/data" access rx
no_library "$PWD/data"
manifest_complete

# --- what is not as it was --------------------------------------------------

# Damaged files are named, and harm nobody.
head -c 300 main >half
printf '\177ELF\002\001\001' >stub
capture_ok -q "$PROBES/steps" mapexec:half mapexec:stub
manifest_has "completeness.notes.$PWD/half.kind" library
library_has "$PWD/half" loaded_by dlopen
no_library "$PWD/stub"
manifest_complete

# Made by the run, loaded, and made again otherwise; then removed.
capture_ok -q sh -euc 'cp lib/libforked.so made.so
	./plain open "$PWD/made.so"
	sum=$(sha256sum made.so)
	rm made.so
	cp lib/libdeep.so made.so
	./plain open "$PWD/made.so"
	cp lib/libextra.so gone.so
	./plain open "$PWD/gone.so"
	rm gone.so'
library_has "$PWD/made.so" loaded_by dlopen
manifest libraries |
	grep -q "$(sha256sum lib/libdeep.so | cut -d ' ' -f 1)" ||
	fail "the last made.so is not among the libraries"
manifest_has "completeness.notes.$PWD/gone.so.kind" library
library_has "$PWD/gone.so" path "$PWD/gone.so"

# An input that the run removes after it has loaded it is in the store.
cp lib/libforked.so mine.so
capture_ok -q sh -euc './plain open "$PWD/mine.so"; rm mine.so'
library_has "$PWD/mine.so" soname libforked.so
manifest_complete

# Without a name.
capture_ok -q "$PYTHON" -c 'import ctypes, os
fd = os.memfd_create("library")
with open("lib/libforked.so", "rb") as f:
    os.write(fd, f.read())
ctypes.CDLL("/proc/self/fd/%d" % fd)'
manifest_has completeness.gaps.anonymous-library.kind anonymous-library

# --- what files tell of themselves ------------------------------------------

cat >notes.c <<'END'
__asm__(".pushsection .note.dlopen,\"a\",%note\n"
	".p2align 2\n.long 4, 2f - 1f, 0x407c0c0a\n.asciz \"FDO\"\n"
	"1: .asciz \"[{\\\"soname\\\":[\\\"libdeep.so\\\"]}]\"\n2: .p2align 2\n"
	".popsection\n");
int main(void) { return 0; }
END
if cc -o noted notes.c -Wl,--build-id=0x0123456789abcdef \
	-Wl,--package-metadata='{"type":"deb","name":"noted"}' 2>"$T/err"; then
	strip --strip-section-headers noted 2>/dev/null || strip noted
	capture_ok -q ./noted
	library_has "$PWD/noted" build_id 0123456789abcdef
	library_has "$PWD/noted" note_package '{"type":"deb","name":"noted"}'
	library_has "$PWD/noted" note_dlopen '["[{\"soname\":[\"libdeep.so\"]}]"]'
fi
if [ "$(uname -m)" = x86_64 ] && grep -q ' avx2 .* bmi2 ' /proc/cpuinfo &&
	cc -o level main.c -Wl,-z,x86-64-v3; then
	capture_ok -q ./level
	library_has "$PWD/level" isa_level x86-64-v3
fi

# Names that nobody would give come back from the manifest as they were.
name=$(printf 'a: "b"\n- #c\377')
library odd "-Wl,-soname,$name"
capture_ok -q ./plain open "$PWD/lib/libodd.so"
ok reprise verify "$RUN"
reprise show --yaml "$RUN" >"$T/manifest"
"$PYTHON" -c 'import sys, yaml
manifest = yaml.safe_load(open(sys.argv[1], "rb"))
for library in manifest["libraries"]:
    if library["path"].endswith("/libodd.so"):
        assert library["soname"] == b"a: \"b\"\n- #c\377", library
        break
else:
    sys.exit(1)' "$T/manifest" || fail "an odd SONAME"

# --- a record that was cut off ----------------------------------------------

reprise capture -q --backend "$REPRISE_TEST_BACKEND" --id-file "$T/id" \
	sh -c './main open libopened.so; : >started
	until [ -e go ]; do sleep 0.1; done' >"$T/out" 2>"$T/err" &
keeper=$!
for _ in $(seq 150); do
	[ ! -e started ] || break
	sleep 0.1
done
# An orphan of the command may be a child of the keeper, too.
kill -KILL "$(ps -o pid= --ppid "$keeper" | head -n 1 | tr -d " ")"
: >go
wait "$keeper" || :
stderr_has '^reprise: the recorder was lost'
RUN=$(cat "$T/id")
library_has "$PWD/lib/libopened.so" loaded_by dlopen
library_has "$PWD/lib/libdirect.so.1.2" loaded_by needed
library_has "$PWD/main" loaded_by exec

# --- trainings --------------------------------------------------------------

mkdir sk
cd sk || exit
example breast-cancer
./prepare.py
same_as_loader 1 ./train.py --seed 7
[ "$(manifest libraries.#)" -gt 50 ] || fail "few libraries in scikit-learn"
if /usr/bin/python3 -c 'import torch' 2>/dev/null; then
	mkdir ../torch
	cd ../torch || exit
	example digits-torch
	./prepare.py
	same_as_loader 1 ./train.py --seed 7
	[ "$(manifest libraries.#)" -gt 100 ] || fail "few libraries in torch"
else
	echo "no python3-torch here"
fi
