# SPDX-License-Identifier: Apache-2.0
# matrix: users engines
# audit: what a run, or the run that wrote a file, depended on; policies; what
# was installed and not used.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

audit_run() {
	"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/audit_run.py" \
		"$REPRISE_STORE" "$@" || fail "cannot edit the run"
}

cat >prepare.py <<'END'
open("features.csv", "w").write("a,b\n1,2\n")
END
cat >train.py <<'END'
import pickle
data = open("features.csv").read()
pickle.dump({"data": data}, open("model.pkl", "wb"))
END

capture_ok -n prepared "$PYTHON" prepare.py
prepared=$RUN
capture_ok -n trained "$PYTHON" train.py
trained=$RUN
audit_run "$RUN"
short=${RUN%%-*}

# --- for a person -----------------------------------------------------------
ok reprise audit trained
stderr_is ''
stdout_has "^run        $short (trained), completed, began 20"
stdout_has '^command    .*python3 train.py$'
stdout_has "^input      $PWD/features.csv, written by run ${prepared%%-*} (prepared) as $PWD/features.csv\$"
stdout_has '^PACKAGE  *VERSION  *TYPE      FILES USED$'
stdout_has '^numpy  *1.24.2  *pypi      312 of 980$'
stdout_has '^    altered: .*/numpy/version.py is sha256:012345678.*, installed was sha256:ff'
stdout_has '^    libopenblas64_p-r0-15028c96.3.21.so  needed   openblas 0.3.21  /venv/'
stdout_has '^    and 2 modules without a SONAME$'
stdout_has '^liblzma5  *5.6.1-1  *deb       2 of 9$'
stdout_has '^    liblzma.so.5  *needed   -  */usr/lib/x86_64-linux-gnu/liblzma.so.5.6.1$'
stdout_has '^joblib  *1.2.0  *pypi      40 of 151$'
stdout_has '^python3-six  1.16.0-4  deb       1 of 9$'
stdout_has '^and 1 package of the system, '
stdout_has '^LIBRARIES AND PROGRAMS OF NO PACKAGE$'
stdout_has '^    libfast.so.2  *dlopen  '
[ "$(grep -n '^numpy' "$T/out" | cut -d: -f1)" -lt \
	"$(grep -n '^liblzma5' "$T/out" | cut -d: -f1)" ] ||
	fail "what was altered is not first"
[ "$(grep -n '^liblzma5' "$T/out" | cut -d: -f1)" -lt \
	"$(grep -n '^joblib' "$T/out" | cut -d: -f1)" ] ||
	fail "what has libraries is not before what has none"

# --- by a file, wherever it lies --------------------------------------------
mkdir "$T/elsewhere"
cp model.pkl "$T/elsewhere/renamed.bin"
ok reprise audit "$T/elsewhere/renamed.bin"
stdout_has "^run        $short (trained), "
digest=sha256:$(sha256sum model.pkl | cut -d ' ' -f 1)
stdout_has "^file       $T/elsewhere/renamed.bin, which it wrote as $PWD/model.pkl, $digest\$"
if grep -q '^same file' "$T/out"; then fail "another run wrote it"; fi

# The same content by a later run: that one, and the first one is named.
capture_ok -n again "$PYTHON" train.py
audit_run "$RUN"
ok reprise audit model.pkl
stdout_has "^run        ${RUN%%-*} (again), "
stdout_has "^same file  written by run $short (trained) as $PWD/model.pkl\$"
ok reprise audit trained:model.pkl
stdout_has "^run        $short (trained), "
stdout_has "^same file  written by run ${RUN%%-*} (again) as "
# A path of a run that has only read it.
ok reprise audit trained:features.csv
stdout_has "^run        ${prepared%%-*} (prepared), "

ok reprise audit --json model.pkl
cp "$T/out" "$T/audit.json"
for pair in "run.id=$RUN" run.name=again run.status=completed \
	"subject.file=model.pkl" "subject.digest=$digest" \
	"subject.path=$PWD/model.pkl" "subject.also_written_by.#=1" \
	"subject.also_written_by.0.run=$trained" \
	"inputs_of_runs.$PWD/features.csv.written_by.run=$prepared" \
	"packages.#=5" "libraries.#=5" "packages.numpy.version=1.24.2"; do
	got=$(json_value "${pair%%=*}" <"$T/audit.json") ||
		fail "the JSON has no ${pair%%=*}"
	[ "$got" = "${pair#*=}" ] || fail "${pair%%=*} is '$got'"
done
# Packages and libraries are those of the manifest.
for key in packages libraries; do
	[ "$(json_value $key <"$T/audit.json")" = "$(manifest $key)" ] ||
		fail "the JSON has other $key than the manifest"
done

# --- files that no run wrote ------------------------------------------------
echo nothing >unknown
expect_status 2 reprise audit unknown
stderr_has "^reprise: no run of this store wrote or read 'unknown' (sha256:"
stdout_is ''
cp train.py copy.py
expect_status 2 reprise audit copy.py
stderr_has "^reprise: no run of this store wrote 'copy.py' (sha256:.*); run ${RUN%%-*} (and others) read it as '$PWD/train.py'\$"
expect_status 2 reprise audit .
stderr_has "^reprise: '.' is a directory, and no run: name a file in it\$"
expect_status 2 reprise audit nonesuch
expect_status 2 reprise audit trained:nonesuch
stderr_has "^reprise: run $short has no file '$PWD/nonesuch'\$"

# --- a bundle ---------------------------------------------------------------
ok reprise export -q -o trained.tar trained
ok env REPRISE_STORE="$T/no-store" reprise audit trained.tar
stdout_has "^run        $short (trained), "
stdout_has '^liblzma5  *5.6.1-1  *deb '
ok reprise export -q -o two.tar trained again
expect_status 2 reprise audit two.tar
stderr_is "reprise: 'two.tar' holds 2 runs: import it, and name the one to audit"

# --- what was not used ------------------------------------------------------
ok reprise audit --unused trained
stdout_is 'pkg:deb/debian/xz-utils@5.6.1-1?arch=amd64  /
pkg:pypi/numpy@1.24.2  /other/site-packages
pkg:pypi/torch@2.1.0  /venv/lib/python3.11/site-packages'
ok reprise audit --unused --json trained
[ "$(json_value unused.2.purl <"$T/out")" = pkg:pypi/torch@2.1.0 ] ||
	fail "the JSON has no torch"

# --- policies ---------------------------------------------------------------
cat >policy.yaml <<'END'
# What may not be in a model.
- forbid: liblzma>=5.6.0,<5.6.2
  reason: CVE-2024-3094
- forbid: ["pkg:pypi/numpy<1.22", "pkg:pypi/numpy>=2"]
- forbid: libfast>=3
- altered: true
- unowned: true
  except: /opt/other/
- network: true
END
expect_status 1 reprise audit --policy policy.yaml trained
exe=$(manifest processes.items.0.executable)
process=$(manifest processes.items.0.id)
by="mapped by $(basename "$exe") ($process)"
stdout_has "^policy.yaml:2: forbid liblzma>=5.6.0,<5.6.2: liblzma5 5.6.1-1 (deb): /usr/lib/x86_64-linux-gnu/liblzma.so.5.6.1, $by \[CVE-2024-3094\]\$"
stdout_has "^policy.yaml:5: forbid libfast>=3: /opt/site/libfast.so.2, of which the version is not known, $by\$"
stdout_has '^policy.yaml:6: altered: numpy 1.24.2 (pypi): .*/numpy/version.py, is sha256:0'
stdout_has "^policy.yaml:7: unowned: /opt/site/libfast.so.2, $by\$"
stdout_has '^policy.yaml:9: network: connect stream 192.0.2.1:443$'
stdout_has "^run $short (trained): 5 hits of 6 rules\$"
[ "$(wc -l <"$T/out")" = 6 ] || fail "not six lines"

expect_status 1 reprise audit --json --policy policy.yaml trained
[ "$(json_value policy.hits.# <"$T/out")" = 5 ] || fail "not five hits"
for pair in reason=CVE-2024-3094 version=5.6.1-1 version_known=true line=2 \
	'package=pkg:deb/debian/liblzma5@5.6.1-1?arch=amd64' rule=forbid \
	soname=liblzma.so.5 "processes.0.executable=$exe"; do
	got=$(json_value "policy.hits.0.${pair%%=*}" <"$T/out") ||
		fail "the hit has no ${pair%%=*}"
	[ "$got" = "${pair#*=}" ] || fail "${pair%%=*} is '$got'"
done

cat >clean.yaml <<'END'
- liblzma>=5.6.2
- pkg:pypi/torch
- unowned: true
  except: libfast.so.2
END
ok reprise audit --policy clean.yaml model.pkl
stdout_is "run ${RUN%%-*} (again): 0 hits of 3 rules"

printf -- '- forbid: x\n- forbid: "y>="\n' >bad.yaml
expect_status 2 reprise audit --policy bad.yaml trained
stderr_is "reprise: bad.yaml:2:11: requirement 'y>=': no version follows '>='"
expect_status 2 reprise audit --policy nonesuch.yaml trained
stderr_is "reprise: cannot open the policy 'nonesuch.yaml': No such file or directory"

# --- records that do not tell -----------------------------------------------
# Without libraries nothing is clean.
audit_run "$prepared" bare
ok reprise audit prepared
stderr_is "reprise: the record of run ${prepared%%-*} has no libraries"
expect_status 2 reprise audit --policy clean.yaml prepared
stderr_is "reprise: the record of run ${prepared%%-*} has no libraries: a policy cannot be judged by it"
stdout_is ''
expect_status 2 reprise audit --unused prepared
stderr_is "reprise: run ${prepared%%-*} has no list of the installed packages"

# Without packages only rules about libraries can be judged.
audit_run "$prepared" no-packages
expect_status 2 reprise audit --policy policy.yaml prepared
stderr_is "reprise: the record of run ${prepared%%-*} has no packages: the rule at policy.yaml:2 cannot be judged by it"
echo '- libfast.so.3' >libraries.yaml
ok reprise audit --policy libraries.yaml prepared
echo '- altered: true' >>libraries.yaml
expect_status 2 reprise audit --policy libraries.yaml prepared
stderr_has ' at libraries.yaml:2 cannot be judged'
echo '- liblzma.so.5' >libraries.yaml
expect_status 1 reprise audit --policy libraries.yaml prepared
stdout_has '^libraries.yaml:1: forbid liblzma.so.5: /usr/lib/.*, mapped by '

# The list of what was installed is damaged.
installed=$(RUN=$trained manifest installed | sed 's/^sha256://')
rest=${installed#??}
object=$REPRISE_STORE/objects/${installed%"$rest"}/$rest
chmod u+w "$object"
echo 'pkg:pypi/evil@1 /' >>"$object"
expect_status 2 reprise audit --unused trained
stderr_has "^reprise: the installed packages of run $short: "
stdout_is ''

# A damaged record of one run is said, and hinders no other.
chmod u+w "$REPRISE_STORE/runs/$prepared/manifest.yaml"
echo 'nonsense' >"$REPRISE_STORE/runs/$prepared/manifest.yaml"
ok reprise audit trained:model.pkl
stdout_has "^run        $short (trained), "
stderr_has "manifest.yaml:1:1: "
expect_status 2 reprise audit prepared
stderr_has "manifest.yaml:1:1: "

# --- a record as it is captured ---------------------------------------------
cat >real.py <<'END'
import lzma
open("real.xz", "wb").write(lzma.compress(b"weights"))
END
capture_ok -n real "$PYTHON" real.py
lzma=$(ldd "$("$PYTHON" -c 'import _lzma; print(_lzma.__file__)')" |
	sed -n 's/.*liblzma.so.5 => \([^ ]*\) .*/\1/p')
lzma=$(readlink -f "$lzma")
cp real.xz "$T/elsewhere/weights"
ok reprise audit "$T/elsewhere/weights"
stdout_has "^run        ${RUN%%-*} (real), "
stdout_has "^    liblzma.so.5 .* $lzma\$"
echo '- liblzma.so.5' >real.yaml
expect_status 1 reprise audit --json --policy real.yaml "$T/elsewhere/weights"
for pair in "paths.0=$lzma" soname=liblzma.so.5 \
	"processes.0.executable=$(readlink -f "$PYTHON")"; do
	got=$(json_value "policy.hits.0.${pair%%=*}" <"$T/out") ||
		fail "the hit has no ${pair%%=*}"
	[ "$got" = "${pair#*=}" ] || fail "${pair%%=*} is '$got'"
done
[ "$(json_value libraries <"$T/out")" = "$(manifest libraries)" ] ||
	fail "other libraries than in the manifest"

# Packages, where dpkg or rpm has them.
if [ -n "$(manifest packages.liblzma5.purl 2>/dev/null)" ]; then
	printf -- '- liblzma5>=5\n- xz-utils>=5\n- forbid: liblzma\n' >real.yaml
	printf '  except: "pkg:deb/debian/liblzma5>=5"\n' >>real.yaml
	expect_status 1 reprise audit --policy real.yaml real
	stdout_has "^real.yaml:1: forbid liblzma5>=5: liblzma5 .* (deb): $lzma, mapped by "
	stdout_has "^real.yaml:2: forbid xz-utils>=5: liblzma5 .* (deb): $lzma, mapped by "
	stdout_has ': 2 hits of 3 rules$'
	ok reprise audit real
	stdout_has '^liblzma5  .* deb  .* of '
	# Each installed package is used or unused.
	ok reprise audit --unused --json real
	if grep -q 'pkg:deb/debian/liblzma5@' "$T/out" &&
		json_value unused <"$T/out" | grep -q /liblzma5@; then
		fail "liblzma5 is used, and said to be unused"
	fi
	unused=$(json_value unused.# <"$T/out")
	used=$(json_value packages.# <"$T/out")
	installed=$(manifest installed | sed 's/^sha256://')
	rest=${installed#??}
	all=$(wc -l <"$REPRISE_STORE/objects/${installed%"$rest"}/$rest")
	[ "$((used + unused))" = "$all" ] ||
		fail "$used used and $unused unused of $all"
fi
