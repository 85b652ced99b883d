# The application: core and web. Built from the project's root.
FROM python:3.12-slim-bookworm

# The folders that are shared with the PBX belong to the same user in both images.
RUN apt-get update \
    && apt-get install -y --no-install-recommends espeak-ng \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/dealerline --shell /usr/sbin/nologin --uid 10001 dealerline \
    && mkdir -p /etc/asterisk /var/lib/asterisk/agi-bin /usr/share/asterisk/sounds/dealerline /var/spool/asterisk/monitor /var/log/asterisk \
    && chown dealerline /etc/asterisk /var/lib/asterisk/agi-bin /usr/share/asterisk/sounds/dealerline /var/spool/asterisk/monitor /var/log/asterisk
WORKDIR /opt/dealerline
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY callcore ./callcore
COPY dialplans ./dialplans
COPY recordings ./recordings
COPY web ./web
COPY config ./config
RUN python -m web.ui.assets && rm -rf web/ui/node_modules /root/.npm

ENV PYTHONPATH=/opt/dealerline PYTHONUNBUFFERED=1
USER dealerline
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
ENTRYPOINT ["python", "-m", "callcore"]
CMD ["serve", "--config", "/etc/dealerline/dealerline.toml"]
