# Answers: what is in the image that web, workers and beat share?
FROM node:24-slim AS assets
WORKDIR /keel
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1 UV_PYTHON_DOWNLOADS=never KEEL_HOME=/var/lib/keel STATIC_ROOT=/srv/static
WORKDIR /keel
COPY requirements.lock requirements-uv.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements-uv.lock \
    && uv pip install --system --no-cache --compile-bytecode --require-hashes -r requirements.lock
COPY . .
COPY --from=assets /keel/node_modules node_modules
# collectstatic needs settings, not servers: the values below are used by this step only.
RUN python manage.py vendor_assets \
    && KEEL_ENV=local KEEL_HASHED_STATIC=true python manage.py collectstatic --noinput -v0 \
    && rm -rf node_modules \
    && useradd --system --home-dir /var/lib/keel --create-home keel
USER keel
EXPOSE 8000
CMD ["gunicorn", "erp.wsgi", "--bind", "0.0.0.0:8000", "--preload", "--workers", "4", "--worker-class", "gthread", \
     "--threads", "4", "--graceful-timeout", "20", "--timeout", "120", "--worker-tmp-dir", "/dev/shm", \
     "--access-logfile", "-"]
