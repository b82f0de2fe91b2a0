# SPDX-License-Identifier: Apache-2.0
# limit: 180
# Debian 12's own kernel, which is older than what a replay likes best: both
# users, engines, settings that refuse, each with its remedy.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

! grep -q __asan_init "$(command -v reprise)" ||
	skip "a sanitized build is too slow in an emulator"
run "$REPRISE_TEST_TREE/tests/tools/old-kernel.sh" "$REPRISE_TEST_TREE/build"
[ "$STATUS" != 77 ] || skip "$(sed -n 's/^skip: //p' "$T/out")"
[ "$STATUS" = 0 ] || fail "$(grep -e '^CHECK FAIL' -e '^the machine' "$T/out")"
