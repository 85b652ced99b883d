#!/bin/sh
# Waits for the first published configuration, runs Asterisk, and reloads it whenever a new one is published.
set -eu

etc=/etc/asterisk
stamp="$etc/extensions.conf"

until [ -s "$stamp" ]; do
    echo "waiting for the application to publish $stamp"
    sleep 2
done

asterisk -f -T -U root -C "$etc/asterisk.conf" &
pbx=$!
trap 'asterisk -rx "core stop gracefully" || kill "$pbx"' TERM INT

seen=$(cksum "$stamp")
while kill -0 "$pbx" 2>/dev/null; do
    sleep 2 &
    wait $! || true
    now=$(cksum "$stamp" 2>/dev/null || echo "$seen")
    if [ "$now" != "$seen" ]; then
        seen=$now
        asterisk -rx "core reload" || true
    fi
done
wait "$pbx"
