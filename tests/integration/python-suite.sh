# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix:
# limit: 400
# Python's own tests of processes, signals, threads, files and sockets give the
# same verdicts bare and captured under both engines: those that do not wait for
# seconds. `make python-suite` runs all of them.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

"$PYTHON" -c 'import test.test_os' 2>/dev/null ||
	skip "the test suite of python3 is not installed"
suite=$REPRISE_TEST_TREE/tests/tools/python-suite.sh
reprise=$(command -v reprise)

# same N OPTION... MODULE...: N comparisons
same() {
	n=$1
	shift
	ok "$suite" "$@"
	stdout_has "^$n passed, 0 failed, 0 skipped\$"
	cat "$T/out"
}
same 10 -i '*[tT]imeout*' -i '*Stress*' -i '*Behaviour*' -i TCPCloserTest \
	-i 'test_siginterrupt_*' -i 'test_itimer_*' -i 'test_sigwait*' \
	-i 'test_sendall_int*' -i '*NoPoll*' -i '*_dead' -i test_pass_fds \
	-i test_close_fds -i test_group -i '*_repeated_call_*' -i '*_many_*' \
	"$reprise" test_subprocess test_os test_signal test_threading test_socket
same 2 -m '*.WithProcessesTestProcess.test_[a-i]*' \
	-m '*.WithProcessesTestConnection.*' -m '*.WithManagerTestQueue.*' \
	-m '*.WithProcessesTestEvent.*' -m '*.WithProcessesTestSharedMemory.*' \
	"$reprise" test_multiprocessing_fork
same 2 -m '*.SubprocessPidfdWatcherTests.*' -m '*.test_unix_events.*' \
	-m '*.SubprocessThreadedWatcherTests.*' "$reprise" test_asyncio

# disturbed TEST PROGRAM: a difference is seen, when this is run in the place of
# reprise, with the command as its arguments.
disturbed() {
	printf '#!/bin/sh\nshift 4\n%s\n' "$2" >disturbing
	chmod +x disturbing
	expect_status 1 "$suite" -e notify -m "$1" "$PWD/disturbing" test_os
	stdout_has '^FAIL  test_os (notify)$'
	stdout_has '^0 passed, 1 failed, 0 skipped$'
}
# A call that is interrupted now and then.
disturbed '*.MakedirTests.*' 'exec strace -f -qq -o /dev/null \
	-e trace=mkdir -e inject=mkdir:error=EINTR:when=5+3 "$@"'
# Nothing is run.
disturbed '*.FileTests.*' 'exit 0'
# Where there is nothing to compare, nothing is the same.
expect_status 1 "$suite" -e notify -m no_such_test "$reprise" test_os
stdout_has 'no verdicts, bare$'
