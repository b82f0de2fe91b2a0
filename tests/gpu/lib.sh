# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Words of the tests on hosts that are fixtures of tests/data/gpu; to be read
# after the integration tests' own words.

REPRISE_TEST_STUB=$PROBES
export REPRISE_TEST_STUB

# on HOST COMMAND...
on() {
	fixture=$1
	shift
	sh "$REPRISE_TEST_TREE/tests/gpu/on-host.sh" \
		"$REPRISE_TEST_TREE/tests/data/gpu/$fixture" "$@"
}

needs_fixture_hosts() {
	run on none true
	[ "$STATUS" = 0 ] || skip "no mounts of its own for this user here"
}

# A pipe is none of a run's outputs.
piped() {
	"$@" | cat
}

# capture_on HOST COMMAND...: sets RUN; the driver is found as in NVIDIA's
# images.
capture_on() {
	fixture=$1
	shift
	rm -f "$T/id"
	ok piped on "$fixture" env LD_LIBRARY_PATH=/usr/local/nvidia/lib64 \
		reprise capture -q --backend "$REPRISE_TEST_BACKEND" \
		--id-file "$T/id" "$@"
	[ -s "$T/id" ] || fail "nothing was recorded on $fixture"
	# shellcheck disable=SC2034 # for the tests
	RUN=$(cat "$T/id")
}

# replay_on HOST STATUS [OPTIONS] RUN [-- COMMAND...]
replay_on() {
	fixture=$1
	want=$2
	shift 2
	expect_status "$want" on "$fixture" \
		reprise replay --result "$T/result.json" "$@"
}
