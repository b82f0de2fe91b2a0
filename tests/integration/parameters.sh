# SPDX-License-Identifier: Apache-2.0
# matrix: users engines
# parameters: of the command line and of configuration files that were read.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

printf 'lr: 1e-3\nopt: {name: adam, api_key: hunter2}\n' >a.yaml
printf '{"layers": [64, 32], "sesame": "hunter3"}\n' >b.json
printf '[data]\nseed = 7\n' >c.toml
echo 'never: read' >d.yaml
echo '[broken' >e.toml

capture_ok -q --redact '*SESAME*' cat a.yaml b.json c.toml
manifest_complete
manifest_has parameters.# 6
manifest_has parameters.0.name lr
manifest_has parameters.0.value 1e-3
manifest_has parameters.0.source "$PWD/a.yaml"
manifest_has parameters.opt.name.value adam
manifest_has parameters.layers.value '[64, 32]'
manifest_has parameters.data.seed.value 7
! grep -q 'hunter' "$REPRISE_STORE/runs/$RUN/manifest.yaml" ||
	fail "a secret in the manifest"
manifest parameters.opt.api_key.value && fail "a value of a secret"
ok reprise show "$RUN"
stdout_has '^parameters  *lr=1e-3 opt.name=adam opt.api_key=\[redacted\] '

# shellcheck disable=SC2016 # for the captured shell
capture_ok -q sh -c 'cat "$1" >/dev/null' sh a.yaml --epochs 3 --name=x y=1 \
	--password hunter4
manifest_has parameters.epochs.value 3
manifest_has parameters.epochs.source argv
manifest_has parameters.name.value x
manifest_has parameters.y.value 1
manifest_has parameters.lr.source "$PWD/a.yaml"
! grep -q 'hunter' "$REPRISE_STORE/runs/$RUN/manifest.yaml" ||
	fail "a secret in the manifest"

# What the run wrote sets nothing; what it changed is taken as it was read.
# shellcheck disable=SC2016
capture_ok -q sh -c 'cat a.yaml >/dev/null; echo lr: 2 >a.yaml
	echo x: 1 >written.yaml; cat written.yaml >/dev/null'
manifest_has parameters.# 3
manifest_has parameters.lr.value 1e-3

# A file that is no configuration after all is said, and is no gap.
capture_ok -q cat e.toml
manifest_complete
manifest_has parameters '[]'
manifest_has completeness.notes.configuration.path "$PWD/e.toml"

# Killed with its recorder: what was hidden stays hidden when it is frozen.
# shellcheck disable=SC2016
setsid reprise capture -q --backend "$REPRISE_TEST_BACKEND" \
	--id-file "$T/killed" --redact '*SESAME*' -- \
	sh -c 'cat b.json >/dev/null; : >ready; exec sleep 60' &
pid=$!
for _ in $(seq 200); do
	[ ! -e ready ] || break
	sleep 0.05
done
kill -KILL "-$pid"
wait "$pid" 2>/dev/null || :
wait_gone "$pid"
ok reprise finish
RUN=$(cat "$T/killed")
manifest_has run.status killed
manifest_has parameters.layers.value '[64, 32]'
manifest_has parameters.sesame.source "$PWD/b.json"
! grep -q hunter "$REPRISE_STORE/runs/$RUN/manifest.yaml" ||
	fail "a secret in the manifest of a killed run"
