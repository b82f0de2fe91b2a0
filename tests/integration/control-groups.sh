# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# limit: 180
# Limits of memory and processes by control groups, on Debian 12's kernel, where
# nothing else has taken the controllers.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

! grep -q __asan_init "$(command -v reprise)" ||
	skip "a sanitized build is too slow in an emulator"
run "$REPRISE_TEST_TREE/tests/tools/old-kernel.sh" \
	"$REPRISE_TEST_TREE/build" groups
[ "$STATUS" != 77 ] || skip "$(sed -n 's/^skip: //p' "$T/out")"
[ "$STATUS" = 0 ] || fail "$(grep -e '^CHECK FAIL' -e '^the machine' "$T/out")"
