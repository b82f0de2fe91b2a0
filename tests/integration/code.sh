# SPDX-License-Identifier: Apache-2.0
# matrix: users engines
# code: the commit that files were read from, what was changed, and the patch.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

command -v git >/dev/null || skip "no git"
export GIT_CONFIG_NOSYSTEM=1
git config --global user.name n
git config --global user.email e@example.org
git config --global init.defaultBranch main

# A file that lies in no repository.
echo data >"$T/data"
capture_ok -q cat "$T/data"
manifest_has code '[]'

git init -q .
mkdir lib
echo 'X = 1' >lib/helper.py
printf 'import sys\nfrom lib import helper\nprint(helper.X, *map(open, sys.argv[1:]))\n' \
	>train.py
echo unread >unread.py
git add .
git commit -qm first
git remote add origin https://me:hunter2@example.org/x.git
# shellcheck disable=SC2035 # no file begins with a dash
first=$(git rev-parse HEAD)

capture_ok -q "$PYTHON" train.py "$T/data"
manifest_complete
manifest_has code.# 1
manifest_has code.0.root "$PWD"
manifest_has code.0.commit "$first"
manifest_has code.0.branch main
manifest_has code.0.url https://example.org/x.git
manifest_has code.0.dirty false
manifest_has code.0.modified '[]'
manifest_has code.0.untracked '[]'
manifest_has code.0.files_read 2
! grep -q hunter2 "$REPRISE_STORE/runs/$RUN/manifest.yaml" ||
	fail "a password in the manifest"
ok reprise show "$RUN"
stdout_has "^code  *$PWD at $(echo "$first" | cut -c 1-12) (main)\$"

# What was read, not all that was changed; the compiled copy stands for its
# source, which Python only looks at the second time.
echo 'X = 2' >lib/helper.py
echo changed >unread.py
echo new >new.txt
echo too >other.txt
for _ in 1 2; do
	capture_ok -q "$PYTHON" train.py new.txt
	manifest_complete
	manifest_has code.0.commit "$first"
	manifest_has code.0.dirty true
	manifest_has code.0.modified '["lib/helper.py"]'
	manifest_has code.0.untracked '["new.txt"]'
	manifest_has code.0.files_read 3
	sleep 0.05
done
file_has "$PWD/lib/helper.py" access s
ok reprise show "$RUN"
stdout_has '^code .*(main), of what was read 1 modified, 1 untracked$'

# The patch is an object that the run needs, and makes what was read.
digest=$(manifest code.0.patch)
hex=${digest#sha256:}
patch="$REPRISE_STORE/objects/$(echo "$hex" | cut -c 1-2)/$(echo "$hex" | cut -c 3-)"
git clone -q . "$T/clone"
git -C "$T/clone" apply "$patch"
same_file lib/helper.py "$T/clone/lib/helper.py"
[ "$(git -C "$T/clone" diff --name-only)" = lib/helper.py ] ||
	fail "more than what was read is in the patch"
ok reprise verify "$RUN"
chmod u+w "$(dirname "$patch")"
mv "$patch" "$T/patch"
expect_status 1 reprise verify "$RUN"
mv "$T/patch" "$patch"
ok reprise export "$RUN" --format bundle -o "$T/bundle"
REPRISE_STORE=$T/second ok reprise import "$T/bundle"
same_file "$patch" "$T/second/objects/${patch#"$REPRISE_STORE"/objects/}"

# A file that the run itself changes is compared as it was read; a commit that
# is made while the run goes on comes too late.
git commit -qam second
second=$(git rev-parse HEAD)
sleep 1.1 # the reflog counts in seconds
# shellcheck disable=SC2016 # for the captured shell
capture_ok -q sh -c 'cat train.py >copy && echo more >>train.py &&
	sleep 1.1 && git commit -qam third'
manifest_has code.0.commit "$second"
manifest_has code.0.modified '[]'
git log --format=%s | grep -qx third || fail "no third commit"

# A repository that is damaged is a gap, and disturbs nothing.
echo nonsense >.git/HEAD
capture_ok -q cat train.py
manifest_has code '[]'
manifest_has completeness.aggregate incomplete
manifest_has completeness.gaps.code.path "$PWD"
