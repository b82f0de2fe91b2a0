# SPDX-License-Identifier: Apache-2.0
# matrix: users
# limit: 180
# PyTorch takes as many threads as on the recorded machine.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

/usr/bin/python3 -c 'import torch' 2>/dev/null || skip "no python3-torch here"
cat >threads.py <<'END'
import os
import torch
print(os.cpu_count(), torch.get_num_threads(), torch.get_num_interop_threads())
END
capture_ok -q /usr/bin/python3 threads.py
replay_ok -q "$RUN"
mv "$T/out" "$T/here"
ok /usr/bin/python3 threads.py
same_file "$T/here" "$T/out"

# between LOW HIGH NUMBER
between() {
	[ "$3" -ge "$1" ] || fail "$3 threads, less than $1"
	[ "$3" -le "$2" ] || fail "$3 threads, more than $2"
}

# threads COUNT SOCKETS THREADS: half of the processors, or all of them.
threads() {
	"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/other_machine.py" \
		"$REPRISE_STORE/runs/$RUN/manifest.yaml" "$@"
	replay_ok -q "$RUN"
	read -r cpus intraop interop <"$T/out"
	between "$1" "$1" "$cpus"
	between $(($1 / 2)) "$1" "$intraop"
	between $(($1 / 2)) "$1" "$interop"
}

threads 61 1 1
threads 28 2 2
threads 7 1 1
