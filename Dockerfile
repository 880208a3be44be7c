# The service and its worker in one image: `docker run` serves, `docker run … python manage.py worker` works.
# Its Python is the oldest that pyproject.toml allows, which is the one that the suite runs on.

FROM python:3.11-slim-bookworm AS build
ENV PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv /venv \
    && /venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt \
    && rm -rf /venv/lib/python3*/site-packages/pip /venv/lib/python3*/site-packages/setuptools
COPY manage.py ./
COPY profiles_project profiles_project
COPY profiles profiles
COPY users users
# What the service shows at /guide/.
COPY docs/guide docs/guide
COPY clients clients
# Development settings need no secrets; the keys that they generate stay in a folder that is left behind.
RUN DEBUG=true DATA_DIR=/tmp/collect /venv/bin/python manage.py collectstatic --noinput --verbosity 0
# Compiled once here, since the files can't be written where the service runs.
RUN /venv/bin/python -m compileall -q /venv/lib /app

FROM python:3.11-slim-bookworm
# For PDFs in scripts that the typesetter has no font for: 104 MB, without the sans of Chinese, Japanese and Korean,
# which no PDF uses.
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji \
    && rm -rf /var/lib/apt/lists/* /usr/share/fonts/opentype/noto/NotoSansCJK-*
RUN groupadd --gid 10001 app \
    && useradd --uid 10001 --gid app --no-create-home --home-dir /data --shell /usr/sbin/nologin app \
    && install --directory --owner app --group app --mode 0700 /data
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "profiles_project.probe"]
# `make serve`'s command; a container that is started alone finds its database migrated.
CMD ["python", "manage.py", "serve", "--migrate"]
