# The PBX: Debian's own package of Asterisk 22 with the Russian prompts. Its files come from the application, so both
# run as the same user. Python runs the script that answers while the application does not.
FROM debian:sid-slim

RUN apt-get update \
    && apt-get install -y --no-install-recommends asterisk asterisk-core-sounds-ru-wav asterisk-core-sounds-en-wav python3 tzdata \
    && rm -rf /var/lib/apt/lists/* /etc/asterisk/* \
    && useradd --system --uid 10001 --home-dir /var/lib/asterisk --shell /usr/sbin/nologin dealerline \
    && mkdir -p /etc/asterisk /var/lib/asterisk/agi-bin /usr/share/asterisk/sounds/dealerline /var/run/asterisk /var/log/asterisk/cel-custom /var/spool/asterisk/monitor \
    && chown -R dealerline /etc/asterisk /var/run/asterisk /var/log/asterisk /var/spool/asterisk /var/lib/asterisk /usr/share/asterisk/sounds/dealerline
COPY config/docker/asterisk.conf /usr/local/etc/dealerline-asterisk.conf
COPY --chmod=0755 config/docker/asterisk-entrypoint.sh /usr/local/bin/asterisk-entrypoint

USER dealerline
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["asterisk", "-C", "/usr/local/etc/dealerline-asterisk.conf", "-rx", "core show uptime"]
ENTRYPOINT ["/usr/local/bin/asterisk-entrypoint"]
