# SPDX-License-Identifier: Apache-2.0
# matrix:
# deps.sh installs what is missing, as root or through sudo; else it names
# the packages and stops.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# A machine of our own making, where only what is in $T/stubs can be run.
mkdir "$T/stubs"
ln -s "$(command -v env)" "$(command -v sh)" "$T/stubs"
stub() {
	printf '#!%s\n%s\n' "$(command -v sh)" "$2" >"$T/stubs/$1"
	chmod +x "$T/stubs/$1"
}
# shellcheck disable=SC2016 # for the stubs
{
	stub dpkg 'echo amd64'
	stub dpkg-query 'for p; do :; done
case $p in gcc | libelf-dev) exit 1 ;; esac
echo "install ok installed"'
	stub apt-get 'echo "apt-get $*" >&2'
	stub sudo '[ "$1" != -n ] || shift
case $1 in true) exit 0 ;; esac
echo "sudo" >&2
exec "$@"'
}
deps() {
	PATH=$T/stubs run "$(command -v sh)" "$REPRISE_TEST_TREE/tests/tools/deps.sh" "$@"
}

stub id 'echo 0'
deps demo
[ "$STATUS" = 0 ] || fail "status $STATUS"
stderr_is ''
deps build demo
[ "$STATUS" = 0 ] || fail "status $STATUS"
stdout_is 'installing: gcc libelf-dev'
stderr_is 'apt-get -qq update
apt-get -qq -y --no-install-recommends install gcc libelf-dev'

stub id 'echo 1000'
deps build
[ "$STATUS" = 0 ] || fail "status $STATUS"
stderr_is 'sudo
apt-get -qq update
sudo
apt-get -qq -y --no-install-recommends install gcc libelf-dev'

rm "$T/stubs/sudo"
deps build
[ "$STATUS" = 1 ] || fail "status $STATUS"
stderr_is 'these packages are missing, and only root can install them:
  gcc libelf-dev
run: apt-get install gcc libelf-dev'
