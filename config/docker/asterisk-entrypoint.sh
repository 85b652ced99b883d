#!/bin/sh
# Waits for the first published configuration, runs Asterisk, and reloads it whenever a new one is published.
set -eu

conf=/usr/local/etc/dealerline-asterisk.conf
stamp=/etc/asterisk/extensions.conf

until [ -s "$stamp" ]; do
    echo "waiting for the application to publish $stamp"
    sleep 2
done

asterisk -f -C "$conf" &
pbx=$!
trap 'asterisk -C "$conf" -rx "core stop gracefully" || kill "$pbx"' TERM INT

# `current` is the link that a publication moves.
seen=$(readlink /etc/asterisk/current)
while kill -0 "$pbx" 2>/dev/null; do
    sleep 2 &
    wait $! || true
    now=$(readlink /etc/asterisk/current || echo "$seen")
    if [ "$now" != "$seen" ]; then
        seen=$now
        for part in "dialplan reload" "module reload res_pjsip.so" "manager reload" "module reload cel_custom.so"; do
            asterisk -C "$conf" -rx "$part" || true
        done
    fi
done
wait "$pbx"
