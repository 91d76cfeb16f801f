#!/bin/sh
# Caddy 2.6.2 (Debian 12 and 13): with lb_try_duration, a POST that meets a closed port first is answered 502.
#
# Expected: the documentation of reverse_proxy says that with lb_try_duration a request whose connection to an upstream
# was refused is always tried again at another one, whatever its method, because nothing was sent.
# Seen: a GET is. A POST with a body is not: after the refused connection its body counts as closed, every further
# attempt fails with "http: invalid Read on closed Body", and when lb_try_duration is over the client gets 502. During a
# rolling restart a POST therefore waits the whole time and then fails, where it would have failed at once without the
# option.
#
# Seen on 29 November 2026 with caddy 2.6.2-5 of Debian 12. Needs apt-get with Debian 12's packages, curl and python3.
# Exits with 0 if this is what happens, with 1 if not, with 2 if the package is not to be had.
set -eu
folder=$(mktemp -d)
cleanup() {
  [ -z "${caddy:-}" ] || kill "$caddy" 2> /dev/null || true
  [ -z "${upstream:-}" ] || kill "$upstream" 2> /dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download -q caddy=2.6.2-5 > download.log 2>&1 || { cat download.log; echo "no caddy 2.6.2-5 here"; exit 2; }
dpkg -x caddy_*.deb unpacked
./unpacked/usr/bin/caddy version
cat > upstream.py <<'PYTHON'
import http.server
import sys

class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
python3 upstream.py > port &
upstream=$!
# Two ports that nothing listens on: one for Caddy, one for the upstream that is away.
set -- $(python3 -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(each.getsockname()[1] for each in sockets))')
proxy=$1 away=$2
while [ ! -s port ]; do sleep 0.1; done
statuses() { # method: what four requests are answered; every second one meets the closed port first
  cat > Caddyfile <<CADDY
{
    admin off
    auto_https off
}
http://127.0.0.1:$proxy {
    reverse_proxy 127.0.0.1:$away 127.0.0.1:$(cat port) {
        lb_policy round_robin
        lb_try_duration 2s
    }
}
CADDY
  XDG_DATA_HOME=$folder XDG_CONFIG_HOME=$folder \
    ./unpacked/usr/bin/caddy run --config Caddyfile --adapter caddyfile >> caddy.log 2>&1 &
  caddy=$!
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    curl -s -o /dev/null "http://127.0.0.1:$proxy/" && break
    sleep 0.25
  done
  for _ in 1 2 3 4; do
    if [ "$1" = GET ]; then
      curl -s -o /dev/null -w '%{http_code} ' "http://127.0.0.1:$proxy/"
    else
      curl -s -o /dev/null -w '%{http_code} ' -d text=hello "http://127.0.0.1:$proxy/"
    fi
  done
  kill "$caddy"
  wait "$caddy" || true
}

get=$(statuses GET)
post=$(statuses POST)
echo "GET: $get; POST: $post"
grep -o 'http: invalid Read on closed Body' caddy.log | sort -u
all="200 200 200 200 "
if [ "$get" = "$all" ] && [ "${post#*502}" != "$post" ]; then
  echo "as told"
else
  echo "NOT as told"
  exit 1
fi
