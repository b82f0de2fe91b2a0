#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lint.sh: formatting, order of modules, shell scripts, manual pages. Prints
# what is wrong; status 1 when something is.
set -u
cd "$(dirname "$0")/../.." || exit 2
bad=0

sources=$(find base numeric manifests store host sandbox capture replay audit cli \
	tests/unit tests/probes tests/gpu -name '*.[ch]' 2>/dev/null)

# shellcheck disable=SC2086 # a list of words
clang-format --dry-run --Werror $sources || bad=1

# may_include MODULE PATTERN: project headers that a module may not include.
may_not() {
	[ -d "$1" ] || return 0
	if grep -rnE "^#include \"($2)/" "$1" --include='*.[ch]'; then
		echo "lint: $1 must not include any of $2"
		bad=1
	fi
}
may_not base 'numeric|manifests|store|host|sandbox|capture|replay|audit|cli'
may_not numeric 'manifests|store|host|sandbox|capture|replay|audit|cli'
may_not manifests 'store|host|sandbox|capture|replay|audit|cli'
may_not store 'host|sandbox|capture|replay|audit|cli'
may_not host 'store|sandbox|capture|replay|audit|cli'
may_not sandbox 'manifests|store|host|capture|replay|audit|cli'
may_not capture 'replay|audit|cli'
may_not replay 'capture|audit|cli'
may_not audit 'capture|replay|cli'

# shellcheck disable=SC2086
if grep -L 'SPDX-License-Identifier: Apache-2.0' $sources Makefile .ci/run \
	docs/*.[1-8] tests/tools/* tests/integration/* tests/gpu/* | grep .; then
	echo "lint: no SPDX line in these"
	bad=1
fi

# The map at the top of cli/main.c: every file, and no other.
in_map=$(awk '/^ \*\// { exit }
	/^ \* [a-z\/]+\/: / { sub(/:/, "", $2); module = $2 }
	/^ \*   [a-z]/ { print module $2 ".c" }' cli/main.c | sort)
in_tree=$(find base numeric manifests store host sandbox capture replay audit cli \
	-name '*.c' 2>/dev/null | sort)
if [ "$in_map" != "$in_tree" ]; then
	echo "lint: the map in cli/main.c lacks (+) or has no more (-):"
	listed=$(mktemp)
	echo "$in_map" >"$listed"
	echo "$in_tree" | diff -U 0 "$listed" - | grep '^[-+][a-z]'
	rm -f "$listed"
	bad=1
fi

# The tests that docs/attacks.md names are there.
# shellcheck disable=SC2016
for name in $(sed -n 's/.*| *\([^|]*\) |$/\1/p' docs/attacks.md |
	grep -o '`[^`]*`' | tr -d '`'); do
	if ! grep -rqF "${name%\*}" tests && ! [ -e "$name" ] &&
		! [ -e "tests/integration/$name.sh" ]; then
		echo "lint: docs/attacks.md names '$name', which is no test"
		bad=1
	fi
done

shellcheck .ci/run tests/tools/*.sh || bad=1
# The tests source lib.sh by a path that shellcheck cannot know, and end by
# their last check.
for f in tests/integration/*.sh tests/gpu/*.sh examples/*.sh; do
	shellcheck -s sh -e SC1091,SC2154 "$f" || bad=1
done
for f in docs/*.[1-8]; do
	mandoc -Tlint -W warning "$f" || bad=1
done
exit $bad
