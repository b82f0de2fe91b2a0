# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# Secrets are written nowhere: not into the record, not into the journal, not
# into the cache; their names are.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

canary="canary-9f1b2c"
nowhere() {
	for place in "$REPRISE_STORE" "$XDG_CACHE_HOME" "$XDG_DATA_HOME"; do
		if grep -rasq -- "$canary" "$place"; then
			fail "found in: $(grep -rlas -- "$canary" "$place")"
		fi
	done
	if grep -q -- "$canary" "$T/err"; then fail "on stderr"; fi
}

# Values of variables, of the command and of what it starts.
export API_TOKEN=$canary-1 MY_SECRET=$canary-2 db_password=$canary-3 \
	AWS_REGION=$canary-4 OPENAI_API_KEY=$canary-5 SSH_AUTH_SOCK=$canary-6 \
	DATABASE_URL=postgres://user:$canary-7@host/db GCP_CREDENTIALS=$canary-8
PLAIN=plain-value
export PLAIN
# shellcheck disable=SC2016 # for the captured shell
capture_ok sh -c 'LATER_TOKEN=$API_TOKEN env true; echo "${#API_TOKEN}"'
stdout_is "$((${#canary} + 2))"
nowhere
manifest_has environment.variables.PLAIN plain-value
for name in API_TOKEN MY_SECRET db_password AWS_REGION OPENAI_API_KEY \
	SSH_AUTH_SOCK DATABASE_URL GCP_CREDENTIALS; do
	manifest environment.redacted | grep -q "\"$name\"" ||
		fail "$name is not named"
done
manifest processes.items | grep -q '"LATER_TOKEN"' ||
	fail "LATER_TOKEN is not named"

# Arguments, in both ways of writing them.
capture_ok true --api-key=$canary-1 --password $canary-2 --lr 0.1 \
	HF_TOKEN=$canary-3 --url https://me:$canary-4@host/x
nowhere
manifest_has command.argv '["true", "--api-key=[redacted]", "--password", '\
'"[redacted]", "--lr", "0.1", "HF_TOKEN=[redacted]", "--url", "[redacted]"]'
# What only sounds like it stays.
capture_ok true --tokenizer bpe --max-tokens 512 --token-dropout=0.1
case $(manifest command.argv) in
*bpe*512*) ;;
*) fail "redacted without need: $(manifest command.argv)" ;;
esac

# Patterns of one's own.
export BADGE=$canary-1
capture_ok --redact 'BADGE*' true --badge=$canary-2
nowhere
unset BADGE

# Files with credentials: named, not kept.
mkdir -p "$HOME/.aws" "$HOME/.ssh" "$HOME/.config/gcloud" "$HOME/.cache/huggingface"
for f in .aws/credentials .ssh/id_ed25519 .netrc .git-credentials \
	.config/gcloud/key.json .cache/huggingface/token; do
	echo "$canary in $f" >"$HOME/$f"
done
echo "$canary" >.env
# shellcheck disable=SC2016 # for the captured shell
capture_ok sh -c 'cat .env "$HOME/.aws/credentials" "$HOME/.ssh/id_ed25519" \
	"$HOME/.netrc" "$HOME/.git-credentials" "$HOME/.config/gcloud/key.json" \
	"$HOME/.cache/huggingface/token" >/dev/null'
nowhere
for f in "$HOME/.aws/credentials" "$HOME/.netrc" "$PWD/.env"; do
	file_has "$f" access r
	file_has "$f" stored false
done
# Also when the run changes them, or names them in another way.
# shellcheck disable=SC2016 # for the captured shell
capture_ok sh -c 'cat "$HOME/.netrc" >/dev/null; echo x >>"$HOME/.netrc"
	cat .env >/dev/null; rm .env; ln -s "$HOME/.aws" a; cat a/credentials \
	>/dev/null'
nowhere

# A killed run: the journal holds none either, nor what is made of it.
echo "$canary" >.env
# shellcheck disable=SC2016 # for the captured shell
reprise capture -q --backend "$REPRISE_TEST_BACKEND" --id-file "$T/id" \
	sh -c 'LATER_TOKEN=$API_TOKEN env true; cat .env >/dev/null
	: >started; exec sleep 30' --api-key "$canary-1" >"$T/out" 2>"$T/err" &
until [ -e started ]; do sleep 0.1; done
nowhere
kill -KILL $!
wait $! || :
RUN=$(cat "$T/id")
while [ -e "$REPRISE_STORE/runs/$RUN/journal" ]; do
	reprise list >/dev/null 2>&1
	sleep 0.1
done
nowhere
