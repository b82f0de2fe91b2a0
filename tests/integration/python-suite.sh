# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix:
# limit: 300
# Python's own tests of processes and signals give the same verdicts bare and
# captured; `make python-suite` runs more of them, under both engines.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

"$PYTHON" -c 'import test.test_os' 2>/dev/null ||
	skip "the test suite of python3 is not installed"
# Those that wait for seconds stay out.
ok "$REPRISE_TEST_TREE/tests/tools/python-suite.sh" -e notify \
	-i test_siginterrupt_off -i 'test_itimer_[vp]*' -i '*NoPoll*' \
	-i '*timeout*' -i '*_dead' -i '*with_spaces*' -i 'test_pass_fds' \
	"$(command -v reprise)" test_os test_signal test_subprocess
stdout_has '^3 passed, 0 failed, 0 skipped$'
