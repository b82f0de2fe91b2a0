# SPDX-License-Identifier: Apache-2.0
# matrix: users engines roots
# A seeded scikit-learn training comes back bit for bit when its folder is
# gone; so does each of its parts.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

example breast-cancer
./prepare.py
./train.py --seed 7
mv model.pkl "$T/bare.pkl"
mv metrics.json "$T/bare.json"

capture_ok -n trained ./train.py --seed 7
stdout_has '^accuracy 0\.'
stderr_has "^reprise: captured ${RUN%%-*} "
same_file model.pkl "$T/bare.pkl"
manifest_has run.status completed
manifest_has command.argv '["./train.py", "--seed", "7"]'
manifest_has command.cwd "$PWD"
manifest_has "inputs.$PWD/data.csv.stored" true
manifest_has "outputs.$PWD/model.pkl.digest" \
	"sha256:$(sha256sum model.pkl | cut -d ' ' -f 1)"
manifest_complete

ok reprise show trained:data.csv
same_file "$T/out" data.csv

mv "$T/cwd" "$T/gone"
mkdir "$T/elsewhere"
cd "$T/elsewhere" || exit
replay_same -o "$T/replayed"
stdout_has '^accuracy 0\.'
same_file "$T/replayed$T/cwd/model.pkl" "$T/bare.pkl"
same_file "$T/replayed$T/cwd/metrics.json" "$T/bare.json"

# Another command in the same root: other parameters, another model.
replay_ok -o "$T/other" "$RUN" -- /usr/bin/python3 ./train.py --seed 8
different_file "$T/other$T/cwd/model.pkl" "$T/bare.pkl"
