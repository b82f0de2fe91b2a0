#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# demo.sh REPRISE: a training run, bare, captured, robbed of its folder and of
# its library, and played again bit for bit. Leaves nothing behind.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
reprise=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/reprise-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
REPRISE_STORE=$work/store
export REPRISE_STORE

bold='' plain=''
if [ -t 1 ]; then
	bold=$(printf '\033[1m')
	plain=$(printf '\033[0m')
fi

say() {
	printf '\n%s# %s%s\n' "$bold" "$*" "$plain"
}

show() {
	echo "\$ $*"
	"$@"
}

mkdir "$work/project"
cp "$here"/breast-cancer/*.py "$work/project"
cd "$work/project"
./prepare.py

say "A training run, bare: scikit-learn, from a CSV file to a model."
show ./train.py --seed 1
show sha256sum model.pkl metrics.json | tee "$work/bare"
rm model.pkl metrics.json

say "The same run, captured: nothing about it changes."
show "$reprise" capture --name demo -- ./train.py --seed 1
show sha256sum model.pkl metrics.json

say "The project folder goes away."
cd "$work"
show mv "$work/project" "$work/gone"

say "And so does the library: an empty directory over the host's sklearn" \
	"(in a mount namespace of the demo's own, so your host keeps it)."
sklearn=$(/usr/bin/python3 -c \
	'import os, sklearn; print(os.path.dirname(sklearn.__file__))')
mkdir "$work/empty"
namespace='unshare --mount' drop=
if [ "$(id -u)" != 0 ]; then
	# The right to mount there is for the empty directory only.
	namespace='unshare --user --map-current-user --mount --keep-caps'
	drop='setpriv --inh-caps=-all --ambient-caps=-all'
fi
cat >"$work/without-sklearn.sh" <<'INNER'
set -eu
mount --bind "$2" "$3"
echo "\$ /usr/bin/python3 -c 'import sklearn.ensemble'"
if /usr/bin/python3 -c 'import sklearn.ensemble' 2>"$4/err"; then
	echo "demo.sh: sklearn is still there" >&2
	exit 1
fi
tail -n 1 "$4/err"
echo "\$ reprise replay --check -o $4/replayed demo"
$5 "$1" replay --check -o "$4/replayed" --result "$4/result.json" demo
INNER
$namespace sh "$work/without-sklearn.sh" \
	"$reprise" "$work/empty" "$sklearn" "$work" "$drop"

say "What the replay wrote, beside what the bare run wrote: the same bytes."
(cd "$work/replayed$work/project" && sha256sum model.pkl metrics.json) \
	>"$work/again"
cat "$work/again"
grep -v '^\$' "$work/bare" | cmp - "$work/again"
echo "identical"

say "Somebody changes one label in the data. Why is the model another one?"
mv "$work/gone" "$work/project"
cd "$work/project"
awk -F , -v OFS=, 'NR == 58 { $NF = 1 - $NF } { print }' data.csv >changed.csv
mv changed.csv data.csv
show "$reprise" capture -q --name changed -- ./train.py --seed 1
echo "\$ reprise diff demo changed"
"$reprise" diff demo changed >"$work/diff" || [ $? = 1 ]
cat "$work/diff"
grep -q 'row 58, benign' "$work/diff"

say "Which packages and libraries are behind the model?"
echo "\$ reprise audit model.pkl | head"
"$reprise" audit model.pkl >"$work/audit"
head "$work/audit"
