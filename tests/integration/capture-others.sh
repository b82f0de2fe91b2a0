# SPDX-License-Identifier: Apache-2.0
# RUN is for the words of lib.sh; the captured shell expands.
# shellcheck shell=sh disable=SC2016,SC2034
# matrix: users engines
# What somebody else does to files while the run uses them: what was read is in
# the record, or a gap says that it is not.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

mkfifo ask answer
# during 'WHAT OTHERS DO' 'WHAT THE RUN DOES': the run waits for it by `meet`.
during() {
	(
		read -r _ <ask
		eval "$1"
		echo >answer
	) &
	capture_ok -q sh -c 'meet() { echo >ask; read -r _ <answer; }
'"$2"
	wait
}
gap() {
	manifest completeness.gaps >"$T/gaps"
	"$PYTHON" - "$T/gaps" "$1" "$2" <<'END' || fail "gaps: $(cat "$T/gaps")"
import json
import sys
gaps = {(g["kind"], g.get("path")) for g in json.load(open(sys.argv[1]))
        if g["kind"] != "pipe"}
sys.exit(gaps != {(sys.argv[2], sys.argv[3])})
END
}

# A file that the run waits for.
during 'echo late >flag' 'cat flag 2>/dev/null; meet; cat flag'
stdout_is late
gap appeared "$PWD/flag"
during 'echo late >flag2' '[ -e flag2 ] || meet; cat flag2'
gap appeared "$PWD/flag2"
# A program that is found only the second time.
during 'cp /bin/true program' './program 2>/dev/null; meet; ./program'
gap appeared "$PWD/program"

# Read, and changed, replaced or removed afterwards.
echo first >f
during 'echo second >f' 'cat f; meet'
gap changed "$PWD/f"
during 'echo third >f.new; mv f.new f' 'cat f; meet; cat f'
gap changed "$PWD/f"
during 'rm f' 'cat f; meet'
gap unreadable "$PWD/f"
# Changed between a look and the reading.
echo first >g
during 'echo longer than before >g' '[ -s g ]; meet; cat g'
gap changed "$PWD/g"
# Changed by others, and then by the run: what it had read first is lost.
echo first >h
during 'echo longer than before >h' 'cat h; meet; echo own >h'
gap not-preserved "$PWD/h"

# Listed, and then removed.
mkdir d
: >d/a
during 'rm d/a' 'ls d; meet'
gap vanished "$PWD/d/a"
