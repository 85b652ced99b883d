#!/bin/sh
# Waits for the first published configuration and runs Asterisk; later ones are reloaded by `dealerline pbx follow`.
set -eu

conf=/usr/local/etc/dealerline-asterisk.conf
stamp=/etc/asterisk/extensions.conf

until [ -s "$stamp" ]; do
    echo "waiting for the application to publish $stamp"
    sleep 2
done

asterisk -f -C "$conf" &
pbx=$!
# Calls in progress may end; the container's grace period bounds it.
trap 'asterisk -C "$conf" -rx "core stop gracefully" || kill "$pbx"' TERM INT
while kill -0 "$pbx" 2>/dev/null; do
    wait "$pbx" || true
done
