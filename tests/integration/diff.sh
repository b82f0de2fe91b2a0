# SPDX-License-Identifier: Apache-2.0
# matrix: users
# diff: runs that differ in one row, one parameter and one line of code are said
# to differ in these, by number and name; the same thing twice in nothing.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# differs RUN RUN: sets $T/out, the differences as "part what change".
differs() {
	expect_status 1 reprise diff --json "$@"
	"$PYTHON" -c '
import json, sys
for d in json.load(sys.stdin)["differences"]:
    if d["part"] != "outcome":
        print(d["part"], d["what"].rsplit("/", 1)[-1], d["change"])
' <"$T/out" >"$T/parts"
}

parts_are() {
	same_text "$T/parts" "$1"
}

cat >train.py <<'EOF'
import csv, json, sys
rows = list(csv.DictReader(open("data.csv")))
rate = float(sys.argv[1].split("=")[1])
total = sum(float(r["income"]) for r in rows)
json.dump({"weights": [total * rate, 1.0]}, open("model.json", "w"))
EOF
"$PYTHON" -c 'print("id,income")
for i in range(400): print(f"{i},{i * 3 % 97}")' >data.csv
export PYTHONDONTWRITEBYTECODE=1

capture_ok -q -n base "$PYTHON" train.py --lr=0.5
capture_ok -q -n again "$PYTHON" train.py --lr=0.5
ok reprise diff base again
stdout_has '^no difference$'
ok reprise diff --json base again
[ "$(json_value same <"$T/out")" = true ] || fail "not the same"

# One row, one parameter.
sed -i '58s/.*/56,999/' data.csv
capture_ok -q -n other "$PYTHON" train.py --lr=0.25
differs base other
parts_are 'parameters lr changed
data data.csv changed'
expect_status 1 reprise diff base other
stdout_has '^  lr: 0.5 -> 0.25$'
stdout_has '^      1 row changed$'
stdout_has '^      row 58, income: 71 -> 999$'
stdout_has '^      column income: 0 to 96, mean .* -> 0 to 999, mean .*$'
# What came of it stands last.
stdout_has '^      JSON: largest difference .* at .weights\[0\]; 1 of 2 values$'
[ "$(sed -n '/^[a-z]/p' "$T/out" | tail -n 1)" = outcome ] ||
	fail "effects are not the last"

# One row, one library's version and one parameter: these three, and no more.
site=$PWD/env/site-packages
install() {
	rm -rf "$site"
	mkdir -p "$site/ratelib" "$site/ratelib-$1.dist-info"
	echo "rate = $1" >"$site/ratelib/__init__.py"
	printf 'Metadata-Version: 2.1\nName: ratelib\nVersion: %s\n' "$1" \
		>"$site/ratelib-$1.dist-info/METADATA"
	(cd "$site" && for f in ratelib/__init__.py "ratelib-$1.dist-info/METADATA"; do
		"$PYTHON" -c 'import base64, hashlib, sys
d = hashlib.sha256(open(sys.argv[1], "rb").read()).digest()
print(sys.argv[1] + ",sha256=" +
      base64.urlsafe_b64encode(d).decode().rstrip("=") + ",")' "$f"
	done) >"$site/ratelib-$1.dist-info/RECORD"
}
cat >three.py <<'EOF'
import sys
sys.path.insert(0, "env/site-packages")
import ratelib
print(open("rows.csv").read(10), ratelib.rate, sys.argv)
EOF
cp data.csv rows.csv
install 1.0
capture_ok -q -n three1 "$PYTHON" three.py --depth 3
install 1.1
sed -i '9s/.*/7,5/' rows.csv
capture_ok -q -n three2 "$PYTHON" three.py --depth 4
differs three1 three2
parts_are 'parameters depth changed
data rows.csv changed
packages ratelib changed'
expect_status 1 reprise diff three1 three2
stdout_has '^  ratelib: 1.0 -> 1.1$'
stdout_has '^      row 9, income: 21 -> 5$'
stdout_has '^  depth: 3 -> 4$'
# A file that somebody edited in it.
echo 'rate = 7' >"$site/ratelib/__init__.py"
capture_ok -q -n three3 "$PYTHON" three.py --depth 4
differs three2 three3
parts_are 'packages ratelib changed'
expect_status 1 reprise diff three2 three3
stdout_has "^      second: $site/ratelib/__init__.py is not as installed\$"

# A library of no package.
if command -v cc >/dev/null; then
	echo 'int rate(void) { return 1; }' >own.c
	cc -shared -fPIC -Wl,-soname,libown.so.1 -o libown.so own.c
	capture_ok -q -n own1 "$PYTHON" -c \
		'import ctypes; ctypes.CDLL("./libown.so").rate()'
	echo 'int rate(void) { return 2; }' >own.c
	cc -shared -fPIC -Wl,-soname,libown.so.1 -o libown.so own.c
	capture_ok -q -n own2 "$PYTHON" -c \
		'import ctypes; ctypes.CDLL("./libown.so").rate()'
	differs own1 own2
	parts_are 'libraries libown.so.1 changed'
fi

# A line of code; a variable that decides results, and one that does not.
sed -i 's/1.0\]/2.0]/' train.py
export PYTHONHASHSEED=1 COLOUR=blue SHLVL=77
capture_ok -q -n third "$PYTHON" train.py --lr=0.25
unset PYTHONHASHSEED COLOUR
differs other third
parts_are 'code train.py changed
settings PYTHONHASHSEED added
environment COLOUR added'
expect_status 1 reprise diff other third
stdout_has '^      line 5, second: json.dump.* 2.0\]}'

# A configuration file is said by its parameters.
echo 'lr: 1' >conf.yaml
capture_ok -q -n yaml1 sh -c 'cat conf.yaml'
echo 'lr: 2' >conf.yaml
capture_ok -q -n yaml2 sh -c 'cat conf.yaml'
differs yaml1 yaml2
parts_are 'parameters lr changed'

# An input that is new, one that is gone; another directory is one line.
mkdir elsewhere
echo 1 >elsewhere/b
echo 1 >a
capture_ok -q -n here sh -c 'cat a'
cd elsewhere || exit 1
capture_ok -q -n there sh -c 'cat b; exit'
cd ..
differs here there
parts_are 'command argv changed
command cwd changed'
echo 2 >elsewhere/b
cd elsewhere || exit 1
capture_ok -q -n there2 sh -c 'cat b; exit'
cd ..
differs here there2
parts_are 'command argv changed
command cwd changed
data a removed
data b added'

# So are several of one content.
mkdir here_too
echo 1 >here_too/x
echo 1 >here_too/y
capture_ok -q -n two1 sh -c 'cat */x */y'
mv here_too moved_too
capture_ok -q -n two2 sh -c 'cat */x */y'
ok reprise diff two1 two2

# Roots of data, file by file; also when one run read too few for a root.
mkdir tree
for i in $(seq 1001); do echo "$i" >"tree/f$i"; done
capture_ok -q -n tree1 sh -c 'cat tree/*'
echo other >tree/f500
rm tree/f7 tree/f8
echo new >tree/g
capture_ok -q -n tree2 sh -c 'cat tree/*'
echo newer >tree/h
capture_ok -q -n tree3 sh -c 'cat tree/*'
for pair in 'tree1 tree2' 'tree1 tree3'; do
	# shellcheck disable=SC2086 # two words
	differs $pair
	parts_are 'data tree changed'
	# shellcheck disable=SC2086
	expect_status 1 reprise diff $pair
	stdout_has '^      f500 changed$'
	stdout_has '^      f7 removed$'
	stdout_has '^      g added$'
done
stdout_has '^      1 file changed, 2 added, 2 removed$'
expect_status 1 reprise diff --json tree1 tree2
[ "$(json_value differences.0.detail.files.removed <"$T/out")" = 2 ] ||
	fail "not two removed"

# How it ended.
capture_fails 3 -q -n ended sh -c 'cat a; exit 3'
capture_ok -q -n ended0 sh -c 'cat a; exit 0'
expect_status 1 reprise diff ended ended0
stdout_has '^  end: failed, exit status 3 -> completed, exit status 0$'

# A parameter of the command line does not hide another argument.
for n in 18 50; do
	capture_ok -q -n "net$n" "$PYTHON" -c 'import sys' "net$n" --lr "$n" +x=1 -b 3
done
differs net18 net50
parts_are 'command argv changed
parameters lr changed'

# Of trees other times are no difference, and another link is one.
mkdir data
for i in $(seq 1001); do echo "$i" >"data/f$i"; done
ln -s f1 data/latest
capture_ok -q -n times1 sh -c 'cat data/*'
touch data/*
capture_ok -q -n times2 sh -c 'cat data/*'
ok reprise diff times1 times2
ln -sf f2 data/latest
capture_ok -q -n times3 sh -c 'cat data/*'
expect_status 1 reprise diff times2 times3
stdout_has '^      1 file changed, 0 added, 0 removed$'
stdout_has '^      latest changed$'

# Lines that only end in another way.
printf 'one\ntwo\n' >ends
capture_ok -q -n ends1 sh -c 'cat ends'
printf 'one\r\ntwo' >ends
capture_ok -q -n ends2 sh -c 'cat ends'
expect_status 1 reprise diff ends1 ends2
stdout_has '^      the lines are the same, what ends them is not$'

# A project that was moved, with its packages.
mkdir before
cp -R env three.py data.csv before
cp data.csv before/rows.csv
cd before || exit 1
capture_ok -q -n before "$PYTHON" three.py
cd .. && mv before after && cd after || exit 1
capture_ok -q -n after "$PYTHON" three.py
cd ..
differs before after
parts_are 'command cwd changed'

# What a file of metrics says is found from both sides.
capture_ok -q -n with "$PYTHON" -c 'open("metrics.json", "w").write("{\"loss\": 1}")' 2
capture_ok -q -n without "$PYTHON" -c 'open("metrics.json", "w").write("{}")' 2
for pair in 'with without' 'without with'; do
	# shellcheck disable=SC2086 # two words
	expect_status 1 reprise diff --json $pair
	[ "$("$PYTHON" -c 'import json, sys
print(sum(d["part"] == "outcome" for d in json.load(sys.stdin)["differences"]))' \
		<"$T/out")" = 1 ] || fail "not one of the outcome"
done

# A table that lost its end is no tree with fewer files.
table=$("$PYTHON" -c 'import json, sys
print(json.load(sys.stdin)["inputs"][0]["digest"].split(":")[1])' <<EOF
$(reprise show --json times3)
EOF
)
object=$REPRISE_STORE/objects/$(printf %.2s "$table")/${table#??}
head -n 500 "$object" >short
mv -f short "$object"
for command in 'diff times2 times3' 'name times3:data half' \
	'export times3 --format sha256sums -o -' \
	'export times3 --format ro-crate -o crate'; do
	# shellcheck disable=SC2086 # words
	expect_status 2 reprise $command
	stderr_has "the table of '$PWD/data': .*damaged"
done

# Bad input names the thing.
expect_status 2 reprise diff base
expect_status 2 reprise diff base nobody
stderr_has "there is no run 'nobody'"
# A content that is not there is said, and the rest is compared.
rm -f "$(object_of data.csv)"
expect_status 1 reprise diff base other
stdout_has '^not compared: .*/data.csv: the store has not both contents$'
stdout_has '^  lr: 0.5 -> 0.25$'
