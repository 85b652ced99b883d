# The PBX: Debian's own package of Asterisk 22 with the Russian prompts. Its files come from the application.
FROM debian:sid-slim

RUN apt-get update \
    && apt-get install -y --no-install-recommends asterisk asterisk-core-sounds-ru-wav python3 \
    && rm -rf /var/lib/apt/lists/*
COPY config/docker/asterisk-entrypoint.sh /usr/local/bin/asterisk-entrypoint
RUN chmod 0755 /usr/local/bin/asterisk-entrypoint

EXPOSE 5060/udp 10000-10199/udp
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["asterisk", "-rx", "core show uptime"]
ENTRYPOINT ["/usr/local/bin/asterisk-entrypoint"]
