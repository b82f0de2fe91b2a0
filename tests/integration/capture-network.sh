# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# Peers of sockets are recorded; io_uring is refused and noted.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

cat >peers.py <<'END'
import errno
import os
import socket

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
port = server.getsockname()[1]
client = socket.socket()
client.connect(("127.0.0.1", port))
print(port)

udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.connect(("127.0.0.1", 9))
if socket.has_ipv6:
    try:
        six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        six.connect(("::1", 9))
        print("ipv6")
    except OSError:
        print("no ipv6")

path = socket.socket(socket.AF_UNIX)
path.bind("socket")
path.listen()
socket.socket(socket.AF_UNIX).connect("socket")
abstract = socket.socket(socket.AF_UNIX)
abstract.bind("\0reprise-%d" % os.getpid())
try:
    socket.socket(socket.AF_UNIX).connect("nothing-here")
except OSError as e:
    assert e.errno == errno.ENOENT
print(os.getpid())
END
capture_ok -q "$PYTHON" peers.py
port=$(sed -n 1p "$T/out")
pid=$(tail -n 1 "$T/out")
manifest network >"$T/network"
has_peer() {
	"$PYTHON" - "$T/network" "$@" <<'END' || fail "no peer: $* in $(cat "$T/network")"
import json
import sys
keys = ("family", "protocol", "direction", "peer")
rows = json.load(open(sys.argv[1]))
sys.exit(tuple(sys.argv[2:]) not in [tuple(r[k] for k in keys) for r in rows])
END
}
has_peer inet stream bind 127.0.0.1:0
has_peer inet stream connect "127.0.0.1:$port"
has_peer inet dgram connect 127.0.0.1:9
if grep -q '^ipv6$' "$T/out"; then has_peer inet6 dgram connect '[::1]:9'; fi
has_peer unix stream bind socket
has_peer unix stream connect socket
has_peer unix stream bind "@reprise-$pid"
file_has "$PWD/socket" access wn
file_has "$PWD/nothing-here" access n

cat >ring.py <<'END'
import ctypes
import errno
libc = ctypes.CDLL(None, use_errno=True)
params = ctypes.create_string_buffer(120)
assert libc.syscall(425, 1, params) == -1
assert ctypes.get_errno() == errno.ENOSYS, ctypes.get_errno()
END
capture_ok -q "$PYTHON" ring.py
manifest_has completeness.notes.io-uring.kind io-uring
manifest_complete
