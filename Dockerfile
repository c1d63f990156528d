# For a build that can be repeated byte for byte, give BASE with its digest: --build-arg BASE=python:…@sha256:…
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/hubbot
WORKDIR /src
COPY requirements/runtime.txt requirements/
RUN /opt/hubbot/bin/pip install --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY rules rules
COPY bot bot
RUN /opt/hubbot/bin/pip install --no-deps --no-index --no-build-isolation .

FROM ${BASE}
RUN useradd --system --uid 10001 --home-dir /var/lib/hubbot --create-home hubbot
COPY --from=build /opt/hubbot /opt/hubbot
ENV PATH=/opt/hubbot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000
USER hubbot
WORKDIR /var/lib/hubbot
# The default DATABASE_URL lies here; with PostgreSQL the volume stays empty.
VOLUME /var/lib/hubbot/var
EXPOSE 8000
# For `serve` and `web`; a worker is asked on its metrics port instead (compose.yaml).
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["hubbot"]
CMD ["serve"]
