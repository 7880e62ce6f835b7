# syntax=docker/dockerfile:1
# One image for the pages, the worker and the migrations. Nothing secret enters it.

FROM python:3.11-slim-bookworm AS dependencies
ENV UV_PYTHON_DOWNLOADS=never UV_PYTHON_PREFERENCE=only-system UV_NO_PROGRESS=1 UV_LINK_MODE=copy
RUN python -m pip install --no-cache-dir --root-user-action=ignore uv==0.13.9
WORKDIR /build
COPY requirements.txt .
RUN uv venv /opt/contreseing \
    && VIRTUAL_ENV=/opt/contreseing uv pip sync --no-cache --require-hashes requirements.txt

FROM python:3.11-slim-bookworm
# The number is fixed so that the owner of the volume is the same from one image to the next.
RUN groupadd --gid 10001 contreseing \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin contreseing
ENV PATH=/opt/contreseing/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DEMONSTRATION=0 \
    STATE_DIR=/var/lib/contreseing
COPY --from=dependencies /opt/contreseing /opt/contreseing
WORKDIR /srv/contreseing
COPY manage.py LICENSE ./
COPY bench bench
COPY config config
COPY contracts contracts
COPY docs/guide.md docs/guide.md
COPY docs/images docs/images
COPY locale locale
COPY signatures signatures
COPY stakeholders stakeholders
COPY workflow workflow
# Static files are part of the image; the settings ask for a key and a database that this step
# does not use. A named volume mounted on blobs, anchors or evidence takes its owner from the folder made here.
RUN mkdir -p "$STATE_DIR/blobs" "$STATE_DIR/anchors" "$STATE_DIR/evidence" \
    && SECRET_KEY=unused-at-build DATABASE_URL=postgresql://unused.invalid/unused \
        python manage.py collectstatic --no-input --verbosity 0 \
    && chown -R contreseing:contreseing "$STATE_DIR/blobs" "$STATE_DIR/anchors" "$STATE_DIR/evidence"
USER contreseing
EXPOSE 8000
CMD ["python", "-m", "config.serve", "--host", "0.0.0.0", "--port", "8000"]
