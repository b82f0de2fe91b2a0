# SPDX-License-Identifier: Apache-2.0
# Hashing that is left for later: pending, and completed by `finish`.
# matrix: users engines
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

head -c 20000000 /dev/zero >data.bin
digest=$(sha256sum data.bin | cut -d' ' -f1)

# No time at all: the command has run, its record waits.
capture_ok --name later --finish-within 0ms cat data.bin
ok reprise list
grep -q "^$(printf %.8s "$RUN").* pending " "$T/out" ||
	fail "the run is not listed as pending"
expect_status 2 reprise show "$RUN"
expect_status 2 reprise show later

# Other captures leave it alone.
pending=$RUN
capture_ok true
ok reprise list
grep -q pending "$T/out" || fail "another command finished it"

ok reprise finish "$(printf %.6s "$pending")"
RUN=$pending
manifest_has run.status completed
manifest_has run.exit_code 0
manifest_has completeness.aggregate complete
file_has "$PWD/data.bin" digest "sha256:$digest"
ok reprise show later
ok reprise finish "$RUN"
expect_status 2 reprise finish nosuchrun

# Enough time: nothing is left.
capture_ok --finish-within 1m cat data.bin
manifest_has run.status completed
